import ArgumentParser
import Foundation
import ThimbleData
import ThimbleNetworks
import ThimbleStorage
import ThimbleTraining

/// A study: it trains recipes and compares what becomes of them on a page, README.md in its folder. It is the command
/// `thimble study NAME`, by its configuration's name.
protocol Study: ParsableCommand {
  /// The first line of its page. The study may replace only a page that begins with this line.
  static var heading: String { get }
  var options: StudyOptions { get }
  var compute: ComputeOptions { get }
}

/// The options that all studies have.
struct StudyOptions: ParsableArguments {
  @Option(help: "A data set file from `dataset pack`.") var data: String
  @Option(help: "The folder to write to.") var outdir: String
  @Option(help: "The recipe to vary (default: the paper's, with widths for small machines).")
  var recipe: String?
  @Option(help: "Steps per training.") var steps = 2000
  @Option(help: "Number of seeds, from 1.") var seeds = 3

  func validate() throws {
    guard (10...10_000_000).contains(steps) else {
      throw ValidationError("--steps takes a number from 10 to 10000000")
    }
    guard (1...100).contains(seeds) else { throw ValidationError("--seeds takes a number from 1 to 100") }
  }
}

extension Study {
  var pagePath: String { "\(options.outdir)/README.md" }

  /// The set and the recipe that the study varies, checked.
  func load() throws(FileError) -> (dataset: Dataset, base: Recipe) {
    let dataset = try Dataset(path: options.data)
    try OutputKind.refuseFile(asFolder: options.outdir)
    try checkPage()
    let base = try baseRecipe(dataset)
    try TrainingRun.check(base, dataset)
    return (dataset, base)
  }

  /// Checks the recipes that will be trained, and creates the study's folder.
  func begin(_ recipes: [Recipe]) throws(FileError) {
    for recipe in recipes { try recipe.validate(file: options.recipe ?? options.data) }
    try Folder.create(options.outdir)
    Interruption.install()
  }

  /// The command as it was given, for the page.
  /// - Parameter own: the study's own options with their values; nil: not given.
  func command(_ own: [(name: String, value: String?)] = []) -> String {
    func name(_ path: String) -> String { (path as NSString).lastPathComponent }
    let given: [(name: String, value: String?)] =
      [
        ("--data", name(options.data)), ("--steps", "\(options.steps)"), ("--seeds", "\(options.seeds)"),
        ("--recipe", options.recipe.map(name)),
      ] + own + [("--outdir", name(options.outdir))]
    return given.reduce("thimble study \(Self.configuration.commandName ?? "")") { text, option in
      text + (option.value.map { " \(option.name) \(FileError.printable(quoted($0)))" } ?? "")
    }
  }

  /// Refuses to replace a README.md that is no page of this study.
  private func checkPage() throws(FileError) {
    guard FileManager.default.fileExists(atPath: pagePath) else { return }
    let file = try MappedFile(path: pagePath)
    guard unsafe !file.bytes.starts(with: Self.heading.utf8) else { return }
    throw FileError(
      .cannotWrite, file: pagePath, field: "page", found: "a file that this study did not write",
      wanted: "a page of this study, or no file",
      advice: "Choose another --outdir.")
  }

  /// The recipe that the study varies: the one that was given, or the paper's with widths for small machines.
  private func baseRecipe(_ dataset: Dataset) throws(FileError) -> Recipe {
    if let recipe = options.recipe { return try Recipe(path: recipe) }
    var base = Recipe(geometry: .common, size: dataset.height, channels: dataset.channels)
    let doublings = base.generatorWidths.count
    base.generatorWidths = (0..<doublings).reversed().map { 32 << $0 }
    base.discriminatorWidths = base.generatorWidths.reversed()
    base.batchSize = 64
    try base.validate(file: dataset.path, advice: "Pack the images again with --size and one of these sizes.")
    return base
  }

  /// Trains for the study's steps, or continues a training; the distance to the set and a grid are taken every twentieth of the
  /// way. A training that diverges has ended; the same command comes to the same end.
  /// - Parameter title: for the line that shows how far it is.
  /// - Returns: where numbers ceased to be finite, if they did.
  func train(_ recipe: Recipe, _ dataset: Dataset, _ folder: RunFolder, _ title: String) throws(FileError) -> String? {
    let steps = options.steps
    let every = max(1, steps / 20)
    let run = try TrainingRun(
      recipe, dataset: dataset, folder: folder, resume: folder.holdsRun,
      options: TrainingOptions(
        steps: steps, checkpointEvery: max(1, steps / 2), gridEvery: every, measureEvery: every, watch: WatchOptions()),
      workers: compute.workers, kernels: try compute.kernels(), warn: { _ in })
    guard run.step < steps else { return nil }
    var bar = ProgressLine()
    let finished: Bool
    do throws(FileError) {
      finished = try run.run(
        shouldStop: { Interruption.isWanted },
        onStep: { progress in
          bar.show(always: progress.step == steps) {
            [
              ProgressField(text: title, rank: 1), ProgressField(text: "step \(progress.step) of \(steps)", rank: 0),
              ProgressField(text: "\(Int(progress.imagesPerSecond)) images/s", rank: 2),
            ]
          }
        }, onCheckpoint: { _ in }, warn: { _ in })
    } catch {
      bar.finish()
      guard run.hasDiverged else { throw error }
      return error.field
    }
    bar.finish()
    if finished { return nil }
    tell("interrupted; run the same command again to continue")
    throw FileError(
      .interrupted, file: folder.path, field: "training", found: "step \(run.step)", wanted: "step \(steps)",
      advice: "Run the same command again to continue.")
  }
}
