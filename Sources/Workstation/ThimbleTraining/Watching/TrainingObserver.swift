import Foundation
import ThimbleData
import ThimbleStatistics
import ThimbleNetworks
import ThimbleStorage

/// Watches a run: measures what the steps do not tell by themselves, warns, and keeps the page and the events. It only reads from
/// the networks.
final class TrainingObserver {
  /// Steps between two looks at the gradients.
  static let gradientsEvery = 10
  /// Time after which the page is written between two grids: on a slow machine these are hours apart.
  private static let pageInterval: Duration = .seconds(30)

  private let options: WatchOptions
  private let folder: RunFolder
  private let recipe: Recipe
  /// Diversity of real images; nil where they do not differ, or a grid has one sample only.
  private let real: Diversity?
  private let freshMonitor: Monitor
  private(set) var monitor: Monitor
  private var report: Report?
  private let events: EventFile?
  /// When the page was written, and how long that took.
  private var written: (at: ContinuousClock.Instant, took: Duration)?

  /// Stands where a run stands whose metrics go up to `step`.
  init(
    _ options: WatchOptions, networks: AdversarialNetworks, dataset: Dataset, folder: RunFolder, step: Int,
    totalSteps: Int, stepsPerPass: Int, rollbacks: [Int]
  ) throws(FileError) {
    self.options = options
    self.folder = folder
    recipe = networks.recipe
    freshMonitor = Monitor(
      generatorParameters: networks.generator.parameterCount,
      discriminatorParameters: networks.discriminator.parameterCount, limits: options.limits)
    monitor = freshMonitor
    real = Self.diversity(of: dataset, count: min(SampleGrid.count(recipe), dataset.count))
    events = options.tensorBoard ? try EventFile(folder: folder.path + "/tensorboard", step: step) : nil
    report = options.report.map {
      Report(
        recipe: networks.recipe, folder: folder, dataset: dataset, totalSteps: totalSteps, stepsPerPass: stepsPerPass,
        context: $0)
    }
    try rebuild(rollbacks: rollbacks)
  }

  /// Of images spread evenly over the set, which may be sorted.
  private static func diversity(of dataset: Dataset, count: Int) -> Diversity? {
    let pixels = (0..<count).flatMap { unsafe Array(dataset.image($0 * dataset.count / count)) }
    return Diversity(pixels, count: count, imageByteCount: dataset.imageByteCount)
  }

  /// Takes all steps of the folder's metrics, as if they came one by one. What they warn of was told before.
  private func rebuild(rollbacks: [Int]) throws(FileError) {
    monitor = freshMonitor
    report?.forget()
    try StepMetrics.read(folder.metricsPath) { metrics in
      _ = monitor.take(metrics)
      report?.take(metrics)
    }
    report?.warnings = monitor.warnings
    report?.judged = monitor.judged
    report?.rollbacks = rollbacks
  }

  /// Goes back with the run, whose metrics now end at `step`.
  func goBack(to step: Int, rollbacks: [Int]) throws(FileError) {
    try rebuild(rollbacks: rollbacks)
    try events?.start(after: step)
  }

  /// Adds the measurements that are due at this step.
  func measure(_ metrics: inout StepMetrics, _ networks: AdversarialNetworks, _ grid: SampleGrid?) {
    if metrics.step % Self.gradientsEvery == 0 {
      metrics.generatorGradient = networks.generator.gradientNorm
      metrics.discriminatorGradient = networks.discriminator.gradientNorm
    }
    if let grid, let real { metrics.diversity = grid.diversity?.relative(to: real) }
  }

  /// Takes a step's numbers, and shows them on the page if it is time to. Returns the new warnings.
  func take(_ metrics: StepMetrics) throws(FileError) -> [TrainingWarning] {
    let warnings = monitor.take(metrics)
    report?.take(metrics)
    report?.warnings = monitor.warnings
    report?.judged = monitor.judged
    try events?.append(metrics)
    if written.map({ ContinuousClock.now - $0.at >= Self.pageInterval }) ?? true { try writeReportIfCheap() }
    return warnings
  }

  /// Shows a grid that lies in the folder by now.
  func show(_ grid: SampleGrid, step: Int) throws(FileError) {
    if let events, let png = try? MappedFile(path: folder.gridPath(step: step), links: .refuse).contents() {
      try events.append(
        grid: png, height: grid.sheet.height, width: grid.sheet.width, channels: recipe.channels, step: step)
    }
    try writeReportIfCheap()
  }

  /// Writes the page again, unless that would take more than a hundredth of the time.
  private func writeReportIfCheap() throws(FileError) {
    if let written, ContinuousClock.now - written.at < written.took * 100 { return }
    try writeReport(.training)
  }

  /// Shows on the page that the run ended with numbers that are not finite. That it cannot be written must not hide that.
  func diverged(_ place: String, step: Int) {
    report?.warnings.append(
      TrainingWarning(
        kind: .divergence, step: step, finding: "\(place) is no longer finite",
        hint: "Lower the recipe's learningRate; earlier checkpoints are intact"))
    try? writeReport(.stopped)
  }

  func writeReport(_ stand: Report.Stand) throws(FileError) {
    guard let report else { return }
    let start = ContinuousClock.now
    try report.write(stand)
    written = (ContinuousClock.now, ContinuousClock.now - start)
  }
}
