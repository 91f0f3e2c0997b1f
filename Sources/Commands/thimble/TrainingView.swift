import Foundation
import ThimbleNetworks
import ThimbleTraining

/// What a training run shows: in a terminal one line with the pace, the losses and the last checkpoint, elsewhere a line for each
/// checkpoint too.
struct TrainingView {
  private let run: TrainingRun
  private var line = ProgressLine()
  /// The step of the newest checkpoint that was written.
  private var saved: Int?

  init(run: TrainingRun) { self.run = run }

  func begin(_ folder: String) {
    let verb = run.step == 0 ? "training" : "resuming at step \(run.step)"
    tell(
      "\(verb): \(run.totalSteps) steps, minibatches of \(run.recipe.batchSize); Ctrl-C saves and stops")
  }

  mutating func show(_ progress: TrainingProgress) {
    let saved = saved
    line.show(always: progress.step == progress.totalSteps) { Self.fields(progress, saved: saved) }
  }

  mutating func note(_ text: String) {
    line.clear()
    tell(text)
  }

  /// In a terminal, a line for each would fill what can be scrolled back.
  mutating func checkpoint(_ path: String) {
    saved = run.step
    if !line.isTerminal { note("checkpoint: \(path)") }
  }

  /// Makes room for lines of standard output.
  mutating func clear() { line.clear() }

  mutating func end() { line.finish() }

  private static func fields(_ p: TrainingProgress, saved: Int?) -> [ProgressField] {
    let filled = p.step * 10 / max(1, p.totalSteps)
    let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: 10 - filled)
    func number(_ value: Float?) -> String { value.map { String(format: "%.3f", $0) } ?? "-" }
    let pass = String(format: "%.2f", Double(p.step) / Double(p.stepsPerPass))
    let report = p.report
    return [
      ProgressField(text: bar, rank: 3), ProgressField(text: "step \(p.step)/\(p.totalSteps)", rank: 0),
      ProgressField(text: "pass \(pass)", rank: 7), ProgressField(text: "\(Int(p.imagesPerSecond)) images/s", rank: 4),
      ProgressField(text: "\(duration(p.secondsLeft)) left", rank: 2),
      ProgressField(text: "loss D \(number(report.discriminatorLoss)) G \(number(report.generatorLoss))", rank: 1),
      ProgressField(text: "D(x) \(number(report.scoreOfReal)) D(G(z)) \(number(report.scoreOfGenerated))", rank: 6),
    ] + (saved.map { [ProgressField(text: "saved \($0)", rank: 5)] } ?? [])
  }
}
