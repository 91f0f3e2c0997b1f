import ThimbleStudies
import ArgumentParser
import Foundation
import ThimbleData
import ThimbleNetworks
import ThimbleStorage
import ThimbleTraining

struct StudyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "study", abstract: "Trainings that are compared with one another.", subcommands: [Guidelines.self])

  struct Guidelines: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "What the paper's rules buy: each broken alone, several seeds, the same steps.",
      discussion: """
        Pooling, no batch normalisation or one everywhere, dense hidden layers, ReLU in the discriminator, momentum 0.9, a head with \
        global pooling (paper, section 3). Writes README.md with a table, curves and grids into --outdir, and each training into a folder \
        of its own there; one that is done already is not done again, so the same command goes on after an interruption.

          thimble study guidelines --data SET.safetensors --outdir guidelines
        """)

    @Option(help: "A packed set.") var data: String
    @Option(help: "Where to.") var outdir: String
    @Option(help: "The recipe whose rules are broken; the paper's, of widths for small machines, unless told.")
    var recipe: String?
    @Option(help: "Minibatches of each training.") var steps = 2000
    @Option(help: "Seeds, from 1 on.") var seeds = 3
    @Option(help: "Guidelines, with commas; all unless told.") var only: String?
    @OptionGroup var compute: ComputeOptions

    func validate() throws {
      guard (10...10_000_000).contains(steps) else {
        throw ValidationError("--steps takes a number from 10 to 10000000")
      }
      guard (1...100).contains(seeds) else { throw ValidationError("--seeds takes a number from 1 to 100") }
      _ = try chosen()
    }

    private func chosen() throws -> [Guideline] {
      guard let only else { return Guideline.all }
      let names = only.split(separator: ",").map(String.init)
      if names.isEmpty {
        throw ValidationError("--only takes names with commas: " + Guideline.all.map(\.name).joined(separator: ", "))
      }
      if let name = names.first(where: { name in !Guideline.all.contains { $0.name == name } }) {
        throw ValidationError("--only: no \(name); there are " + Guideline.all.map(\.name).joined(separator: ", "))
      }
      return Guideline.all.filter { names.contains($0.name) }
    }

    func run() throws {
      let dataset = try Dataset(path: data)
      MappingFault.install(file: data)
      try checkPage()
      let base = try baseRecipe(dataset)
      try TrainingRun.check(base, dataset)
      for guideline in try chosen() { try guideline.recipe(base, seed: 1).validate(file: recipe ?? data) }
      try Folder.create(outdir)
      Interruption.install()
      var outcomes: [(guideline: Guideline, runs: [GuidelineOutcome])] = []
      for guideline in try chosen() {
        var runs: [GuidelineOutcome] = []
        for seed in 1...seeds {
          let folder = RunFolder(path: "\(outdir)/\(guideline.name)-\(seed)")
          runs.append(try train(guideline.recipe(base, seed: UInt64(seed)), dataset, folder, guideline.title, seed))
          if seed == 1, let step = folder.gridSteps.last(where: { $0 <= steps }) {
            try copy(folder.gridPath(step: step), to: "\(outdir)/\(guideline.name).png")
          }
        }
        outcomes.append((guideline, runs))
        try write(outcomes, dataset)
      }
      print("\(outdir)/README.md: \(outcomes.count) of \(Guideline.all.count) guidelines, \(seeds) seeds each")
    }

    /// Refuses to replace a README.md that is no page of a study.
    private func checkPage() throws(FileError) {
      let path = "\(outdir)/README.md"
      guard FileManager.default.fileExists(atPath: path) else { return }
      let file = try MappedFile(path: path)
      guard !file.bytes.starts(with: GuidelinePage.heading.utf8) else { return }
      throw FileError(
        .cannotWrite, file: path, field: "page", found: "another text", wanted: "a page of this study, or none",
        advice: "Choose an --outdir of its own.")
    }

    private func baseRecipe(_ dataset: Dataset) throws(FileError) -> Recipe {
      if let recipe { return try Recipe(path: recipe) }
      var base = Recipe(geometry: .common, size: dataset.height, channels: dataset.channels)
      let doublings = base.generatorWidths.count
      base.generatorWidths = (0..<doublings).reversed().map { 32 << $0 }
      base.discriminatorWidths = base.generatorWidths.reversed()
      base.batchSize = 64
      try base.validate(file: dataset.path, advice: "Pack the images with one of these sizes: --size.")
      return base
    }

    /// Trains, or goes on with a training. One that diverges has ended; the same command comes to the same end.
    private func train(
      _ recipe: Recipe, _ dataset: Dataset, _ folder: RunFolder, _ title: String, _ seed: Int
    ) throws -> GuidelineOutcome {
      let every = max(1, steps / 20)
      let run = try TrainingRun(
        recipe, dataset: dataset, folder: folder, resume: folder.holdsRun,
        options: TrainingOptions(
          steps: steps, checkpointEvery: max(1, steps / 2), gridEvery: every, measureEvery: every, watch: WatchOptions()
        ),
        workers: compute.workers, kernels: try compute.kernels(), warn: { _ in })
      if run.step < steps {
        var bar = ProgressLine()
        do throws(FileError) {
          let finished = try run.run(
            shouldStop: { Interruption.isWanted },
            onStep: { progress in
              bar.show {
                "\(title), seed \(seed)  step \(progress.step) of \(steps)  \(Int(progress.imagesPerSecond)) images/s"
              }
            }, onCheckpoint: { _ in }, warn: { _ in })
          bar.finish()
          guard finished else {
            tell("interrupted; the same command goes on")
            throw FileError(
              .interrupted, file: folder.path, field: "training", found: "step \(run.step)", wanted: "step \(steps)",
              advice: "The same command goes on.")
          }
        } catch {
          bar.finish()
          guard run.hasDiverged else { throw error }
          return try GuidelineOutcome(folder: folder, upTo: steps, divergence: error.field)
        }
      }
      return try GuidelineOutcome(folder: folder, upTo: steps, divergence: nil)
    }

    private func copy(_ path: String, to target: String) throws(FileError) {
      let file = try MappedFile(path: path)
      try AtomicFile.write(file.bytes, to: target)
    }

    private func write(
      _ outcomes: [(guideline: Guideline, runs: [GuidelineOutcome])], _ dataset: Dataset
    ) throws(FileError) {
      func name(_ path: String) -> String { (path as NSString).lastPathComponent }
      let options = [
        ("--data", name(data)), ("--steps", "\(steps)"), ("--seeds", "\(seeds)"), ("--recipe", recipe.map(name)),
        ("--only", only), ("--outdir", name(outdir)),
      ]
      let command = options.reduce("thimble study guidelines") { text, option in
        text + (option.1.map { " \(option.0) \(FileError.printable(quoted($0)))" } ?? "")
      }
      let page = GuidelinePage(
        command: command, data: "\(dataset.count) images of \(GuidelinePage.plain(dataset.name)), \(dataset.shapeText)",
        steps: steps, outcomes: outcomes)
      try ImageFile.write(Array(page.text.utf8), to: "\(outdir)/README.md")
      try ImageFile.write(Array(page.curves.utf8), to: "\(outdir)/curves.svg")
    }
  }
}
