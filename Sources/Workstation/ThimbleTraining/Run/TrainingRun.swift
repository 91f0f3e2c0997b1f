import Foundation
import Thimble
import ThimbleData
import ThimbleNetworks
import ThimbleStorage
import ThimbleThreads

/// What a training run does beside computing: how far it goes and what it leaves in its folder. None of it shows in the weights,
/// but a rollback, which the checkpoint tells.
package struct TrainingOptions: Sendable {
  /// Minibatches in all; nil: the recipe's passes.
  package var steps: Int?
  /// Steps between checkpoints and between grids; nil: a pass.
  package var checkpointEvery: Int?
  package var gridEvery: Int?
  /// Checkpoints at multiples of this are kept for good.
  package var keepEvery: Int?
  /// Steps between measurements of the distance to the set, by which the best checkpoint is kept; nil: none.
  package var measureEvery: Int?
  /// nil: nothing is watched.
  package var watch: WatchOptions?

  package init(
    steps: Int? = nil, checkpointEvery: Int? = nil, gridEvery: Int? = nil, keepEvery: Int? = nil,
    measureEvery: Int? = nil, watch: WatchOptions? = nil
  ) {
    self.steps = steps
    self.checkpointEvery = checkpointEvery
    self.gridEvery = gridEvery
    self.keepEvery = keepEvery
    self.measureEvery = measureEvery
    self.watch = watch
  }
}

/// The progress of a run after a step, for display.
package struct TrainingProgress: Sendable {
  package let step: Int
  package let totalSteps: Int
  package let stepsPerPass: Int
  /// The latest numbers; losses of the other network are those of the step before.
  package let report: StepReport
  /// Over the last steps.
  package let imagesPerSecond: Double
  package var secondsLeft: Double { Double(totalSteps - step) * secondsPerStep }
  let secondsPerStep: Double
}

/// Trains: from a recipe and a data set to checkpoints.
package final class TrainingRun {
  package let recipe: Recipe
  package let folder: RunFolder
  package let totalSteps: Int
  /// Minibatches done.
  package internal(set) var step = 0
  private let dataset: Dataset
  private var datasetWatch: DatasetWatch
  let options: TrainingOptions
  let networks: AdversarialNetworks
  var source: BatchSource
  var metrics: LineFile
  private let log: LineFile
  private(set) var observer: TrainingObserver?
  /// nil where the distance is not measured.
  let gauge: DistanceGauge?
  /// The steps of older checkpoints that lay here when the run was resumed: whoever kept them goes on keeping them.
  private let keptBefore: Set<Int>
  /// The least distance measured: that of the checkpoint in `bestCheckpointPath`.
  var best: Double?
  /// Whether it ended with numbers that are not finite.
  package private(set) var hasDiverged = false

  /// Begins a run in `folder`, or continues from its newest checkpoint if `resume` is true.
  /// - Parameter warn: takes lines that the user should see.
  package init(
    _ recipe: Recipe, dataset: Dataset, folder: RunFolder, resume: Bool, options: TrainingOptions, workers: Workers,
    kernels: FloatKernels, warn: (String) -> Void
  ) throws(FileError) {
    try Self.check(recipe, dataset)
    self.recipe = recipe
    self.dataset = dataset
    self.folder = folder
    self.options = options
    source = BatchSource(dataset, recipe)
    totalSteps = options.steps ?? recipe.passes * source.stepsPerPass
    try Self.checkFolder(folder, resume: resume)
    networks = AdversarialNetworks(recipe, workers: workers, kernels: kernels, allocate: false)
    try Self.checkMemory(networks, recipe)
    datasetWatch = try DatasetWatch(dataset)
    try folder.create()
    try folder.lock()
    // Another run may have begun here before the folder was this one's.
    try Self.checkFolder(folder, resume: resume)
    if resume {
      folder.removeUnfinished()
      folder.putFoldersAside(warn: warn)
    }
    let stored = resume ? try folder.newestCheckpoint(warn: warn) : nil
    if let stored {
      try Self.checkResumable(stored, recipe, dataset, folder)
      step = stored.state.step
      source.rollbacks = stored.state.rollbacks
    }
    keptBefore = resume ? Set(folder.checkpointSteps.filter { [step] in $0 <= step }.dropLast(3)) : []
    networks.workspace.allocate()
    if let stored { try networks.load(stored) } else { networks.initialize() }
    metrics = try Self.metricsFile(folder, upTo: step)
    log = try LineFile(path: folder.logPath) { _ in true }
    try AtomicFile.write(recipe.json, to: folder.recipePath, links: .refuse)
    gauge = options.measureEvery == nil ? nil : DistanceGauge(dataset, workers: workers, kernels: kernels)
    best = try folder.bestDistance(upTo: step, warn: warn)
    try note(
      stored == nil ? "begun: \(FileError.printable(dataset.name)), \(totalSteps) steps" : "resumed at step \(step)")
    if let watch = options.watch {
      observer = try TrainingObserver(
        watch, networks: networks, dataset: dataset, folder: folder, step: step, totalSteps: totalSteps,
        stepsPerPass: source.stepsPerPass, rollbacks: source.rollbacks)
    }
  }

  /// The file of metrics without those beyond `step`.
  static func metricsFile(_ folder: RunFolder, upTo step: Int) throws(FileError) -> LineFile {
    try LineFile(path: folder.metricsPath) { StepMetrics(line: $0).map { $0.step <= step } ?? false }
  }

  func note(_ text: String) throws(FileError) {
    try log.append("\(ISO8601DateFormatter().string(from: Date()))  \(text)")
  }

  /// Trains to the last step, or until `shouldStop`.
  /// - Parameter warn: takes lines that the user should see.
  /// - Returns: whether it came to the end. If not, a checkpoint of the last step was written.
  package func run(
    shouldStop: () -> Bool, onStep: (TrainingProgress) -> Void, onCheckpoint: (String) -> Void,
    warn: (String) -> Void
  ) throws(FileError) -> Bool {
    var rate = StepRate()
    var shown = StepReport()
    if step == 0 { try write(networks.sampleGrid()) }
    while step < totalSteps {
      if shouldStop() {
        onCheckpoint(try writeCheckpoint())
        try note("interrupted at step \(step)")
        try observer?.writeReport(.interrupted)
        return false
      }
      source.load(step: step)
      try datasetWatch.check()
      let report = unsafe networks.apply(step: step, real: source.real, latents: source.latents)
      step += 1
      rate.count()
      if let place = report.divergence { throw diverged(place) }
      shown.take(report)
      var line = StepMetrics(step: step)
      line.pass = Double(step) / Double(source.stepsPerPass)
      line.report = report
      line.imagesPerSecond = (Double(recipe.batchSize) / rate.secondsPerStep * 10).rounded() / 10
      let grid = isDue(options.gridEvery) ? networks.sampleGrid() : nil
      observer?.measure(&line, networks, grid)
      let measured = isMeasured ? networks.frozenGenerator() : nil
      line.distance = measured.flatMap { gauge?.distance(of: $0, recipe) }
      try metrics.append(line.json)
      onStep(
        TrainingProgress(
          step: step, totalSteps: totalSteps, stepsPerPass: source.stepsPerPass, report: shown,
          imagesPerSecond: Double(recipe.batchSize) / rate.secondsPerStep, secondsPerStep: rate.secondsPerStep))
      try observe(line, grid, warn: warn)
      if let measured, let distance = line.distance { try keepIfBest(measured.statistics, distance, tell: warn) }
      if try answerCollapse(grid, onCheckpoint: onCheckpoint, warn: warn) { continue }
      if isDue(options.checkpointEvery) || step == source.stepsPerPass { onCheckpoint(try writeCheckpoint()) }
    }
    try finish(onCheckpoint)
    return true
  }

  private func isDue(_ every: Int?) -> Bool {
    step % (every ?? max(1, source.stepsPerPass)) == 0 || step == totalSteps
  }

  private func diverged(_ place: String) -> FileError {
    hasDiverged = true
    try? note("diverged at step \(step): \(place)")
    observer?.diverged(place, step: step)
    return FileError(
      .badData, file: folder.path, field: "\(place) at step \(step)", found: "a number that is not finite",
      wanted: "finite numbers", advice: "Lower the recipe's learningRate; earlier checkpoints are intact.")
  }

  /// The digest of all numbers as they are now: what a checkpoint of this step has in its metadata. Call it between steps.
  package func digest() -> String { networks.digest() }

  package var stepsPerPass: Int { source.stepsPerPass }

  var state: TrainingState {
    TrainingState(
      recipe: recipe, step: step, dataDigest: dataset.digest, dataName: dataset.name,
      dataLicence: dataset.licence ?? "not stated", rollbacks: source.rollbacks)
  }

  func writeCheckpoint() throws(FileError) -> String {
    // After this, every step of a checkpoint has its line, even if later lines are lost.
    try metrics.sync()
    let path = folder.checkpointPath(step: step)
    try Checkpoint.write(
      state, generator: networks.generator, discriminator: networks.discriminator, statistics: nil, to: path)
    folder.removeOldCheckpoints(
      newest: step, keepEvery: options.keepEvery,
      kept: keptBefore.union([source.stepsPerPass] + (checkpointForRollback.map { [$0] } ?? [])))
    return path
  }

  private func finish(_ onCheckpoint: (String) -> Void) throws(FileError) {
    try writeFrozen(networks.frozenGenerator().statistics, to: folder.finalCheckpointPath)
    try note("finished at step \(step)")
    try observer?.writeReport(.finished)
    onCheckpoint(folder.finalCheckpointPath)
  }
}

extension StepReport {
  /// Takes over the numbers that a newer report has.
  mutating func take(_ newer: StepReport) {
    discriminatorLoss = newer.discriminatorLoss ?? discriminatorLoss
    generatorLoss = newer.generatorLoss ?? generatorLoss
    scoreOfReal = newer.scoreOfReal ?? scoreOfReal
    scoreOfGenerated = newer.scoreOfGenerated ?? scoreOfGenerated
  }
}

/// The pace of a run: an average that leans to the last steps.
private struct StepRate {
  private var last = ContinuousClock.now
  private(set) var secondsPerStep = 0.0
  private var counted = 0

  mutating func count() {
    let now = ContinuousClock.now
    let elapsed = (now - last) / .seconds(1)
    last = now
    counted += 1
    secondsPerStep += (elapsed - secondsPerStep) / Double(min(counted, 20))
  }
}
