import ThimbleStatistics

/// A sign that a training goes wrong, with what to do about it.
package struct TrainingWarning: Sendable, Equatable {
  /// The ways of a GAN to fail. `divergence` is no matter of the monitor: the run itself ends with it.
  package enum Kind: String, Sendable { case collapse, saturation, vanishing, explosion, divergence }

  package var kind: Kind
  package var step: Int
  /// What was seen, and what should have been.
  package var finding: String
  package var hint: String

  /// The warning in one line.
  package var line: String { "step \(step): \(finding). \(hint)" }
}

/// Watches the numbers of a run for the ways in which GANs fail. Warns once of each. Depends only on the metrics: a resumed run
/// takes its lines once more and stands where it stood.
package struct Monitor: Sendable {
  /// From which numbers on a warning is due. For each its reason.
  package struct Limits: Sendable {
    /// Diversity below this share of real images' is a collapse. In trainings with learning rates 10 to 150 times too high, shares
    /// below 0.2 did not recover by themselves; dips to 0.27 did.
    package var collapse = 0.2
    /// Samples must have had this share once: an untrained generator's are all alike.
    package var diverse = 0.5
    /// From this step on even if they never had. Fashion-MNIST at 28x28 has it after 150 steps.
    package var patience = 2000
    /// Mean scores over `window` updates of the discriminator beyond which it has nothing left to learn, nor to teach ...
    package var scoreOfReal = 0.99
    package var scoreOfGenerated = 0.01
    /// ... or a mean loss below this.
    package var discriminatorLoss = 0.01
    package var window = 500
    /// Root mean square of a network's gradient below which Adam's epsilon (1e-8) begins to rule the size of its steps.
    package var vanished = 1e-7
    /// A norm this many times the mean so far. Up to ten times it, training is known to continue well (Pascanu, Mikolov, Bengio: "On
    /// the difficulty of training recurrent neural networks", 2013, section 3.2, on thresholds for clipping).
    package var explosion = 100.0
    /// Norms that are taken before any is judged, and how many in a row must be beyond a limit.
    package var settled = 20
    package var row = 3

    package init() {}
  }

  /// What there are enough numbers for. Nothing is known of the rest, be there a warning or not.
  package struct Judged: Sendable {
    /// Whether samples have differed as real images do.
    package var diversity = false
    package var scores = false
    package var gradients = false

    package init() {}
  }

  private let limits: Limits
  private let parameterCounts: (generator: Int, discriminator: Int)
  /// In the order in which they were told.
  package private(set) var warnings: [TrainingWarning] = []
  /// Whether the newest samples are alike.
  package private(set) var isCollapsed = false
  /// The step of the newest samples that were surely diverse; 0 before there are any. What goes back, goes back that far: a collapse
  /// may have begun long before it is one.
  package private(set) var lastDiverseStep = 0
  /// What can be judged by now.
  package var judged: Judged {
    var judged = Judged()
    judged.diversity = lastDiverseStep > 0
    judged.scores = scores.isFull
    judged.gradients = generator.isSettled(limits) && discriminator.isSettled(limits)
    return judged
  }
  private var scores: ScoreWindow
  private var generator = GradientHistory()
  private var discriminator = GradientHistory()

  package init(generatorParameters: Int, discriminatorParameters: Int, limits: Limits = Limits()) {
    self.limits = limits
    parameterCounts = (generatorParameters, discriminatorParameters)
    scores = ScoreWindow(length: limits.window)
  }

  /// Takes the numbers of the next step; returns the new warnings.
  package mutating func take(_ metrics: StepMetrics) -> [TrainingWarning] {
    let before = warnings.count
    if let diversity = metrics.diversity { judge(diversity, metrics.step) }
    judgeScores(metrics)
    if let norm = metrics.generatorGradient {
      generator.take(norm, vanished: vanished(parameterCounts.generator), limits)
      judge(generator, norm, parameterCounts.generator, "generator", metrics.step)
    }
    if let norm = metrics.discriminatorGradient {
      discriminator.take(norm, vanished: vanished(parameterCounts.discriminator), limits)
      judge(discriminator, norm, parameterCounts.discriminator, "discriminator", metrics.step)
    }
    return Array(warnings[before...])
  }

  private mutating func tell(_ kind: TrainingWarning.Kind, _ step: Int, _ finding: String, _ hint: String) {
    guard !warnings.contains(where: { $0.kind == kind }) else { return }
    warnings.append(TrainingWarning(kind: kind, step: step, finding: finding, hint: hint))
  }

  private mutating func judge(_ diversity: Diversity, _ step: Int) {
    let least = min(diversity.spread, diversity.nearest)
    if least >= limits.diverse { lastDiverseStep = step }
    isCollapsed = least < limits.collapse && (lastDiverseStep > 0 || step >= limits.patience)
    guard isCollapsed else { return }
    tell(
      .collapse, step,
      "the samples have become alike: \(Self.short(diversity.spread)) of the diversity of real images, "
        + "\(Self.short(diversity.nearest)) between nearest pairs",
      "Look at the sample grids. Go back to an earlier checkpoint (by hand, or with --on-collapse rollback), or lower learningRate"
    )
  }

  private mutating func judgeScores(_ metrics: StepMetrics) {
    guard let mean = scores.take(metrics.report) else { return }
    let isSaturated =
      mean.real > limits.scoreOfReal && mean.generated < limits.scoreOfGenerated
      || mean.loss < limits.discriminatorLoss
    guard isSaturated else { return }
    tell(
      .saturation, metrics.step,
      "the discriminator is never wrong: mean scores \(Self.short(mean.real)) for real and \(Self.short(mean.generated)) for "
        + "generated images in \(limits.window) updates",
      "The generator learns little: use smaller discriminatorWidths or more images, or lower learningRate")
  }

  /// The norm below which the gradients of this many parameters have vanished.
  private func vanished(_ count: Int) -> Double { limits.vanished * Double(max(1, count)).squareRoot() }

  private mutating func judge(
    _ history: GradientHistory, _ norm: Double, _ count: Int, _ name: String, _ step: Int
  ) {
    if history.vanishedInRow >= limits.row {
      tell(
        .vanishing, step, "the \(name)'s gradients vanish: norm \(Self.short(norm)) over \(count) parameters",
        "The network no longer learns: start a new run with another seed or a smaller learningRate")
    }
    if history.explodedInRow >= limits.row {
      tell(
        .explosion, step,
        "the \(name)'s gradients explode: norm \(Self.short(norm)), \(Self.short(history.mean)) before",
        "Numbers may soon become infinite: lower learningRate in a new run")
    }
  }

  /// Three significant digits.
  private static func short(_ value: Double) -> String { Decimals.text(value, digits: 3) }
}

/// Means over the last updates of the discriminator.
private struct ScoreWindow {
  private let length: Int
  private var values: [SIMD4<Double>] = []
  private var next = 0

  init(length: Int) { self.length = length }

  var isFull: Bool { values.count == length }

  /// Takes a step; nil unless it updated the discriminator and there are enough of them.
  mutating func take(_ report: StepReport) -> (loss: Double, real: Double, generated: Double)? {
    guard let loss = report.discriminatorLoss, let real = report.scoreOfReal, let generated = report.scoreOfGenerated
    else { return nil }
    let value = SIMD4(Double(loss), Double(real), Double(generated), 0)
    if values.count < length { values.append(value) } else { values[next] = value }
    next = (next + 1) % length
    // Summed again each time: nothing depends on what has left the window.
    guard isFull, next % max(1, length / 10) == 0 else { return nil }
    let mean = values.reduce(.zero, +) / Double(length)
    return (mean[0], mean[1], mean[2])
  }
}

/// The norms of one network's gradients so far.
private struct GradientHistory {
  private var sum = 0.0
  private var count = 0
  private(set) var vanishedInRow = 0
  private(set) var explodedInRow = 0
  var mean: Double { sum / Double(max(1, count)) }

  func isSettled(_ limits: Monitor.Limits) -> Bool { count >= limits.settled }

  mutating func take(_ norm: Double, vanished: Double, _ limits: Monitor.Limits) {
    let isSettled = isSettled(limits)
    vanishedInRow = isSettled && norm < vanished ? vanishedInRow + 1 : 0
    let isExploded = isSettled && !(norm <= limits.explosion * mean)
    explodedInRow = isExploded ? explodedInRow + 1 : 0
    // One that stands out does not move the mean that it is measured by.
    guard !isExploded else { return }
    sum += norm
    count += 1
  }
}
