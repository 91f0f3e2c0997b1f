import Foundation
import ThimbleData
import ThimbleNetworks
import ThimbleStorage

/// What a run's page, `report.html`, is made of. The curves are kept here, in bounded memory; grids are read from the run's folder
/// when the page is written.
struct Report {
  typealias Stand = ReportSituation.Stand

  let recipe: Recipe
  let folder: RunFolder
  let context: ReportContext
  let totalSteps: Int
  let stepsPerPass: Int
  let data: [(name: String, value: String)]
  let processor = ReportContext.processor
  /// By their names in `metrics.jsonl`.
  private(set) var curves: [String: Curve] = [:]
  private(set) var step = 0
  /// Seconds that the steps took.
  private(set) var seconds = 0.0
  private(set) var imagesPerSecond = 0.0
  /// The least distance and its step; of equal ones the earlier.
  private(set) var best: (step: Int, distance: Double)?
  var warnings: [TrainingWarning] = []
  /// What the monitor can judge by now.
  var judged = Monitor.Judged()
  /// The steps that the run went back to.
  var rollbacks: [Int] = []

  init(
    recipe: Recipe, folder: RunFolder, dataset: Dataset, totalSteps: Int, stepsPerPass: Int, context: ReportContext
  ) {
    self.recipe = recipe
    self.folder = folder
    self.context = context
    self.totalSteps = totalSteps
    self.stepsPerPass = stepsPerPass
    let size = "\(dataset.height)x\(dataset.width), \(dataset.channels == 1 ? "grey" : "colour")"
    data = [
      ("name", dataset.name), ("source", dataset.source), ("images", "\(dataset.count) of \(size)"),
      ("licence", dataset.licence ?? "not stated"), ("digest", dataset.digest),
    ]
  }

  /// Takes the next step's numbers.
  mutating func take(_ metrics: StepMetrics) {
    step = metrics.step
    for field in metrics.fields { curves[field.name, default: Curve()].take(step: metrics.step, field.value) }
    if let distance = metrics.distance, best.map({ distance < $0.distance }) ?? true {
      best = (metrics.step, distance)
    }
    if let rate = metrics.imagesPerSecond, rate > 0 {
      imagesPerSecond = rate
      seconds += Double(recipe.batchSize) / rate
    }
  }

  /// Forgets all steps, before they are taken once more.
  mutating func forget() { (curves, step, seconds, imagesPerSecond, best) = ([:], 0, 0, 0, nil) }

  /// Where the run stands, with what lies in its folder.
  func situation(_ stand: Stand) -> ReportSituation {
    let isThere = FileManager.default.fileExists(atPath: folder.bestCheckpointPath)
    return ReportSituation(
      stand: stand, step: step, totalSteps: totalSteps, hasDiverged: warnings.contains { $0.kind == .divergence },
      best: isThere ? best : nil, newestCheckpoint: folder.checkpointSteps.last { $0 <= step })
  }

  /// The most grids on the page, and the most bytes of them: 4/3 of that in base64 keep the page below 10 MB.
  private static let mostGrids = 40
  private static let mostGridBytes = 6_500_000

  /// Grids for the page: spread evenly over those there are, with the first and the last.
  func chosenGrids() -> [(step: Int, png: Data)] {
    let steps = folder.gridSteps.filter { $0 <= step }
    func byteCount(_ step: Int) -> Int {
      (try? FileManager.default.attributesOfItem(atPath: folder.gridPath(step: step))[.size] as? Int) ?? 0
    }
    let sizes = steps.map(byteCount)
    var chosen = Self.spread(min(Self.mostGrids, steps.count), over: steps.count)
    while chosen.count > 1, chosen.reduce(0, { $0 + sizes[$1] }) > Self.mostGridBytes {
      chosen = Self.spread(chosen.count - 1, over: steps.count)
    }
    // A link put into a grid's place would bring any file into the page.
    return chosen.compactMap { index in
      (try? MappedFile(path: folder.gridPath(step: steps[index]), links: .refuse).contents()).map {
        (steps[index], Data($0))
      }
    }
  }

  /// `count` of the numbers below `total`, evenly, the last one among them and, of two or more, the first.
  private static func spread(_ count: Int, over total: Int) -> [Int] {
    guard count > 1 else { return count == 1 ? [total - 1] : [] }
    return (0..<count).map { $0 * (total - 1) / (count - 1) }
  }

  /// Writes the page. Throws `cannotWrite` or `inputOutput`.
  func write(_ stand: Stand) throws(FileError) {
    try AtomicFile.write(ReportPage(self, stand, grids: chosenGrids()).html, to: folder.reportPath, links: .refuse)
  }
}
