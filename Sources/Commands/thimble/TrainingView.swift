import Foundation
import ThimbleNetworks
import ThimbleTraining

/// What a training run shows in the terminal: a bar with the pace and the losses, and a line for each checkpoint.
struct TrainingView {
  private let run: TrainingRun
  private var line = ProgressLine()

  init(run: TrainingRun) { self.run = run }

  func begin(_ folder: String) {
    let verb = run.step == 0 ? "training" : "resuming at step \(run.step)"
    tell(
      "\(verb): \(run.totalSteps) steps, minibatches of \(run.recipe.batchSize); Ctrl-C stops and saves a checkpoint")
  }

  mutating func show(_ progress: TrainingProgress) {
    line.show(always: progress.step == progress.totalSteps) { Self.text(progress) }
  }

  mutating func note(_ text: String) {
    line.clear()
    tell(text)
  }

  /// Makes room for lines of standard output.
  mutating func clear() { line.clear() }

  mutating func end() { line.finish() }

  private static func text(_ p: TrainingProgress) -> String {
    let filled = p.step * 20 / max(1, p.totalSteps)
    let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: 20 - filled)
    func number(_ value: Float?) -> String { value.map { String(format: "%.3f", $0) } ?? "-" }
    let pass = String(format: "%.2f", Double(p.step) / Double(p.stepsPerPass))
    return "\(bar) step \(p.step)/\(p.totalSteps)  pass \(pass)  \(Int(p.imagesPerSecond)) images/s  "
      + "\(duration(p.secondsLeft)) left  loss D \(number(p.report.discriminatorLoss)) G \(number(p.report.generatorLoss))  "
      + "D(x) \(number(p.report.scoreOfReal)) D(G(z)) \(number(p.report.scoreOfGenerated))"
  }
}
