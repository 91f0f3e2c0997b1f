import ArgumentParser
import Foundation
import Thimble
import ThimbleData
import ThimbleNetworks
import SamplerSupport
import ThimbleSampling
import ThimbleStorage
import ThimbleTraining

struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train", abstract: "Train a generator and a discriminator.",
    discussion: """
      Without a recipe, training uses the paper's constants; options such as --geometry, --size and --widths change \
      single ones. The run folder receives the recipe, metrics, sample grids and checkpoints. Ctrl-C writes a \
      checkpoint; --resume continues from it.
      """)

  @Argument(help: "A recipe, a JSON file. Fields that are left out keep their defaults.") var recipe: String?
  @Option(help: "The data set to train on.") var data: String?
  @Option(help: "The folder for this training run.") var outdir: String?
  @Option(help: "Total number of training steps, instead of the recipe's passes.") var steps: Int?
  @Flag(help: "Continue from the newest checkpoint in the run folder.") var resume = false
  @Flag(help: "Print the recipe, networks, memory and expected time, then stop.") var dryRun = false
  @Flag(help: "Print the recipe with all its fields as JSON, to save and train with, and stop.") var printRecipe = false
  @Flag(help: ArgumentHelp("Print docs/reference/recipe.md, and stop.", visibility: .hidden)) var documentRecipe = false
  @OptionGroup var compute: ComputeOptions
  @Option(help: "authors (5x5 kernels, as in the paper) or common (4x4, six times as fast).") var geometry:
    Recipe.Geometry?
  @Option(help: "Side of the images in pixels (default: as in the data set).") var size: Int?
  @Option(
    help: "Channels of the generator's layers, such as 512,256,128,64. The discriminator has the same in reverse.")
  var widths: String?
  @Option(help: "Images per minibatch.") var batch: Int?
  @Option(help: "Number of passes over the data set.") var passes: Int?
  @Option(help: "Seed of all random numbers.") var seed: Int?
  @Option(help: "Steps between checkpoints (default: one pass).") var checkpointEvery: Int?
  @Option(help: "Steps between sample grids (default: one pass).") var gridEvery: Int?
  @Option(
    help: "Keep every checkpoint whose step is a multiple of this. The last three and the first pass's are always kept."
  )
  var keepEvery: Int?
  @Option(
    help: """
      Steps between measurements of the distance to the data set (see `measure`). The best networks are kept as \
      best.safetensors. Default: a tenth of the run, but at least 500 steps; 0 never measures.
      """) var measureEvery: Int?
  @Option(
    help: """
      What to do when samples become alike: warn; stop with a checkpoint; or rollback, which restores an earlier \
      checkpoint and continues with a different random stream, at most three times.
      """) var onCollapse: WatchOptions.CollapsePolicy = .warn
  @Flag(help: "Write TensorBoard events to tensorboard/ in the run folder.") var tensorboard = false
  @Flag(inversion: .prefixedNo, help: "Keep report.html, a page with curves and samples, in the run folder.")
  var report = true

  func validate() throws {
    for (name, value) in [
      ("steps", steps), ("checkpoint-every", checkpointEvery), ("grid-every", gridEvery), ("keep-every", keepEvery),
    ] {
      if let value, value < 1 { throw ValidationError("--\(name) must be 1 or more") }
    }
    if let measureEvery, measureEvery < 0 { throw ValidationError("--measure-every must be 0 or more") }
    if recipe != nil && geometry != nil {
      throw ValidationError("give a recipe file or --geometry, not both: the geometry is a field of the recipe")
    }
    if let seed, seed < 0 { throw ValidationError("--seed must be 0 or more") }
    if !dryRun && !printRecipe && !documentRecipe {
      if data == nil { throw ValidationError("give --data, a set made by `thimble dataset pack`") }
      if outdir == nil { throw ValidationError("give --outdir, the folder for the run") }
    }
  }

  func run() throws {
    if documentRecipe { return print(RecipeReference.page, terminator: "") }
    let dataset = try data.map { path throws(FileError) in try Dataset(path: path) }
    MappingFault.install(next: "Then continue the run with --resume, or begin it again.")
    let recipe = try resolvedRecipe(dataset)
    if printRecipe { return show(recipe) }
    if dryRun { return try DryRun(recipe: recipe, dataset: dataset, compute: compute, steps: steps).run() }
    guard let dataset, let outdir else { return }
    let folder = RunFolder(path: outdir)
    if !resume { try OutputKind.refuseFile(asFolder: outdir) }
    let total = steps ?? recipe.passes * (dataset.count / recipe.batchSize)
    let every = measureEvery ?? max(500, total / 10)
    let run = try TrainingRun(
      recipe, dataset: dataset, folder: folder, resume: resume,
      options: TrainingOptions(
        steps: steps, checkpointEvery: checkpointEvery, gridEvery: gridEvery, keepEvery: keepEvery,
        measureEvery: every > 0 ? every : nil, watch: try watchOptions(dataset.path, outdir)),
      workers: compute.workers, kernels: try compute.kernels(), warn: tell)
    Interruption.install()
    var view = TrainingView(run: run)
    if run.step == 0 { TrainingOutlook(recipe, imageCount: dataset.count, steps: run.totalSteps).announce() }
    view.begin(outdir)
    let finished: Bool
    do throws(FileError) {
      finished = try run.run(
        shouldStop: { Interruption.isWanted }, onStep: { view.show($0) },
        onCheckpoint: { view.checkpoint($0) }, warn: { view.note($0) })
    } catch {
      view.end()
      throw error.kind == .inputOutput || error.kind == .cannotWrite ? advisedToResume(error) : error
    }
    view.end()
    if finished {
      let sight = report ? "report: \(folder.reportPath)" : "sample grids: \(outdir)/grids"
      return print("done: \(folder.finalCheckpointPath), \(sight)")
    }
    tell("interrupted at step \(run.step); continue with: \(commandToGoOn(dataset.path, outdir))")
    throw ExitCode(FileError.Kind.interrupted.rawValue)
  }

  /// A failed write has not touched the earlier checkpoints.
  private func advisedToResume(_ error: FileError) -> FileError {
    var error = error
    error.advice += " Earlier checkpoints are intact: continue with --resume."
    return error
  }

  private func watchOptions(_ data: String, _ outdir: String) throws(FileError) -> WatchOptions {
    var options = WatchOptions()
    options.onCollapse = onCollapse
    options.tensorBoard = tensorboard
    guard report else { return options }
    let next = NextCommands(train: self, data: data, outdir: outdir)
    let set: InstructionSet = try .current()
    options.report = ReportContext(
      program: "thimble \(SamplerSupport.Version.number)", threads: compute.workers.count,
      instructionSet: "\(set.name)", commands: next.commands)
    return options
  }

  private func commandToGoOn(_ data: String, _ outdir: String) -> String {
    NextCommands(train: self, data: data, outdir: outdir).goOn()
  }

  /// The recipe, to be saved. How long a run is otherwise said to be is not a part of it.
  private func show(_ recipe: Recipe) {
    print(recipe.completeJSON, terminator: "")
    if let steps { tell("note: --steps is no field of a recipe: give --steps \(steps) again when you train with it") }
  }

  /// The recipe of the file, of the run to resume, or the defaults; with the options' changes.
  private func resolvedRecipe(_ dataset: Dataset?) throws(FileError) -> Recipe {
    var base: Recipe
    if let recipe {
      base = try Recipe(path: recipe)
    } else if resume, let outdir {
      let folder = RunFolder(path: outdir)
      try TrainingRun.checkFolder(folder, resume: true)
      base = try Recipe(path: folder.recipePath)
      // The same command with --resume continues a run.
      if let geometry, geometry != base.geometry {
        throw FileError(
          .usage, file: folder.recipePath, field: "--geometry", found: geometry.rawValue,
          wanted: "\(base.geometry.rawValue), as the run has", advice: "Leave out --geometry, or begin another run.")
      }
    } else {
      base = Recipe(
        geometry: geometry ?? .authors, size: size ?? dataset?.height ?? 64, channels: dataset?.channels ?? 3)
    }
    // An error here comes from the set or the recipe; a later one comes from an option.
    if recipe == nil, !resume, size == nil, let dataset {
      try base.validate(file: dataset.path, advice: "Pack the images again with --size and one of these sizes.")
    }
    if let size { base.size = size }
    if let widths {
      base.generatorWidths = widths.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
      base.discriminatorWidths = base.generatorWidths.reversed()
    }
    base.batchSize = batch ?? base.batchSize
    base.passes = passes ?? base.passes
    if let seed { base.seed = UInt64(seed) }
    try base.validate(
      .usage, file: "options", advice: "Correct the option, or leave it out; `thimble train --help` lists the options.")
    return base
  }
}

extension Recipe.Geometry: ExpressibleByArgument {}
extension WatchOptions.CollapsePolicy: ExpressibleByArgument {}
