import ArgumentParser
import Foundation
import ThimbleData
import ThimbleNetworks
import ThimbleStorage
import ThimbleTraining

struct ReproduceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reproduce", abstract: "Train a shipped generator again and compare every byte.",
    discussion: """
      FOLDER holds recipe.json and provenance.json. The command packs the recorded pictures and compares their digest, \
      trains by the recipe, compares the weights at each recorded step, and compares the exported file with the \
      shipped one. At the first difference it exits with 65 and says between which steps it begins. Ctrl-C keeps a \
      checkpoint; the same command continues.

      --record trains and writes generator.thimble, golden.txt, networks.safetensors and provenance.json into FOLDER. \
      Options that are left out are taken from the provenance.json that is there.
      """)

  @Argument(help: "A folder such as weights/fashion28.") var folder: String
  @Option(help: "The run folder (default: runs/reproduce-NAME).") var outdir: String?
  @Option(help: "A data set to use instead of packing the recorded files.") var data: String?
  @Option(help: "Stop after this step and print the digest of its weights.") var until: Int?
  @OptionGroup var compute: ComputeOptions
  @Flag(help: "Record instead of comparing.") var record = false
  @OptionGroup(title: "With --record") var recording: RecordOptions

  func validate() throws {
    if let until, until < 1 { throw ValidationError("--until must be 1 or more") }
    if !record && recording.isGiven { throw ValidationError("options for recording need --record") }
    if data != nil && !recording.images.isEmpty { throw ValidationError("give --images or --data, not both") }
  }

  private var path: String { folder.count > 1 && folder.hasSuffix("/") ? String(folder.dropLast()) : folder }
  private var name: String { URL(fileURLWithPath: path).standardizedFileURL.lastPathComponent }
  private var runFolder: RunFolder { RunFolder(path: outdir ?? "runs/reproduce-\(name)") }
  private var provenancePath: String { path + "/provenance.json" }
  private var shipped: ShippedGenerator { ShippedGenerator(folder: path, compute: compute) }

  func run() throws {
    let recipe = try Recipe(path: path + "/recipe.json")
    if record { try record(recipe) } else { try compare(recipe) }
  }

  private func preparation(_ recipe: Recipe) throws(FileError) -> DataPreparation {
    try Folder.create(runFolder.path)
    try runFolder.refuseLinks(Retraining.files)
    runFolder.removeUnfinished(Retraining.files)
    return DataPreparation(
      folder: path, recipe: recipe, packedPath: runFolder.path + "/data.safetensors", given: data,
      workers: compute.workers)
  }

  private func compare(_ recipe: Recipe) throws {
    let provenance = try Provenance(path: provenancePath)
    try check(provenance, recipe)
    let dataset = try preparation(recipe).recorded(provenance.data)
    verdict("recipe", "same, \(provenance.recipe)")
    verdict("data", "same, \(dataset.count) images, \(dataset.digest)")
    let total = try steps(recipe, dataset)
    try provenance.checkSteps(total: total, file: provenancePath)
    let end = until ?? (provenance.generator == nil ? provenance.steps.last?.step ?? total : total)
    let last = try train(
      recipe, dataset, Set(provenance.steps.map(\.step) + [end]).filter { $0 <= end }.sorted(), end: end, total: total
    ) { (same: Int, step: Int, digest: String) throws(FileError) in
      guard let wanted = provenance.digest(after: step) else {
        return verdict("step \(step)", "not recorded, \(digest)")
      }
      guard digest == wanted else { throw difference(after: same, at: step, total, found: digest, wanted: wanted) }
      verdict("step \(step)", "same, \(digest)\(step == total ? ", with frozen statistics" : "")")
    }
    guard last == total, let export = provenance.export, let digest = provenance.generator else {
      return print(
        "the same up to step \(last) of \(total): no generator was \(last == total ? "recorded" : "exported")")
    }
    let exported = runFolder.path + "/generator.thimble"
    try shipped.export(runFolder.finalCheckpointPath, export, to: exported)
    try shipped.compare("generator", exported, digest: digest, shipped: shipped.generatorPath)
    if let digest = provenance.networks {
      let networks = runFolder.path + "/networks.safetensors"
      try Checkpoint.strip(runFolder.finalCheckpointPath, to: networks)
      try shipped.compare("networks", networks, digest: digest, shipped: shipped.networksPath)
    }
    if let golden = provenance.golden { try shipped.compareGolden(exported, digest: golden) }
    print("\(path): reproduced")
  }

  private func record(_ recipe: Recipe) throws {
    let former =
      FileManager.default.fileExists(atPath: provenancePath) ? try Provenance(path: provenancePath) : nil
    var origin = try recording.origin(former?.data, data: data, folder: path)
    let dataset = try preparation(recipe).set(origin)
    (origin.digest, origin.name, origin.licence) = (dataset.digest, dataset.name, dataset.licence)
    var provenance = Provenance(recipe: Provenance.digest(of: recipe), data: origin)
    let total = try steps(recipe, dataset)
    let end = until ?? total
    let wanted = recording.steps(former, recipe, perPass: dataset.count / recipe.batchSize, total: total)
    _ = try train(recipe, dataset, Set(wanted + [end]).filter { $0 <= end }.sorted(), end: end, total: total) {
      (_: Int, step: Int, digest: String) throws(FileError) in
      provenance.steps.append(.init(step: step, digest: digest))
      verdict("step \(step)", digest)
    }
    if end == total {
      let export = recording.export(former?.export, name: name)
      try shipped.export(runFolder.finalCheckpointPath, export, to: shipped.generatorPath)
      try shipped.writeGolden()
      try Checkpoint.strip(runFolder.finalCheckpointPath, to: shipped.networksPath)
      provenance.export = export
      provenance.generator = try Self.digest(shipped.generatorPath)
      provenance.golden = try Self.digest(shipped.goldenPath)
      provenance.networks = try Self.digest(shipped.networksPath)
    }
    let file = try AtomicFile(path: provenancePath)
    try file.write(provenance.json)
    try file.commit()
    print(
      "\(provenancePath): \(provenance.steps.count) steps up to \(end) of \(total)\(end == total ? ", generator, golden file" : "")"
    )
  }

  private static func digest(_ path: String) throws(FileError) -> String {
    let file = try MappedFile(path: path)
    return withExtendedLifetime(file) { unsafe Digest.hexadecimal(file.bytes) }
  }

  /// All steps of the recipe with this set.
  private func steps(_ recipe: Recipe, _ dataset: Dataset) throws(FileError) -> Int {
    try TrainingRun.check(recipe, dataset)
    let total = recipe.passes * (dataset.count / recipe.batchSize)
    if let until, until > total {
      throw FileError(
        .usage, file: "options", field: "--until", found: "\(until)",
        wanted: "at most \(total), the last step of the recipe",
        advice: "Leave out --until to train the whole recipe.")
    }
    return total
  }

  /// Trains to `end`; an interruption ends the command. `take` gets the wanted step before (0 at first), the step and its digest.
  private func train(
    _ recipe: Recipe, _ dataset: Dataset, _ steps: [Int], end: Int, total: Int,
    _ take: (Int, Int, String) throws(FileError) -> Void
  ) throws -> Int {
    var last = 0
    let retraining = Retraining(
      recipe: recipe, dataset: dataset, folder: runFolder, compute: compute, steps: steps, end: end, total: total)
    let interrupted = try retraining.run { step, digest throws(FileError) in
      try take(last, step, digest)
      last = step
    }
    guard let interrupted else { return end }
    tell("interrupted at step \(interrupted); run the same command again to continue")
    throw ExitCode(FileError.Kind.interrupted.rawValue)
  }

  private func check(_ provenance: Provenance, _ recipe: Recipe) throws(FileError) {
    let digest = Provenance.digest(of: recipe)
    guard provenance.arithmetic == Arithmetic.revision else {
      throw FileError(
        .badData, file: provenancePath, field: "arithmetic", found: "revision \(provenance.arithmetic)",
        wanted: "revision \(Arithmetic.revision), that of this version",
        advice:
          "The order of sums has changed: use the version that made the record, or record again with --record.")
    }
    guard provenance.recipe == digest else {
      throw FileError(
        .badData, file: path + "/recipe.json", field: "digest", found: digest, wanted: provenance.recipe,
        advice: "The recipe differs from the recorded one: restore it, or record again with --record.")
    }
  }

  /// The first recorded step with other numbers. Steps between two recorded ones are unknown: it says how to look at them.
  private func difference(
    after same: Int, at step: Int, _ total: Int, found: String, wanted: String
  ) -> FileError {
    let freezing = step == total ? ", or while statistics are frozen" : ""
    let middle = (same + step) / 2
    let advice =
      step - same > 1
      ? "The first difference is between steps \(same + 1) and \(step)\(freezing). Run `thimble reproduce \(path) --until"
        + " \(middle) --outdir \(runFolder.path)-\(middle)` here and on a machine that matches the record, and compare the digests."
      : "The first difference is at step \(step)\(freezing). Try THIMBLE_ISA=portable and --threads 1 to find the kernels that cause it."
    return FileError(
      .badData, file: runFolder.path, field: "numbers after step \(step)", found: found, wanted: wanted, advice: advice)
  }
}
