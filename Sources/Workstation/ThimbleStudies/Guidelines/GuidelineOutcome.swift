import ThimbleTraining
import ThimbleStorage

/// What became of a training, by its metrics.
package struct GuidelineOutcome: Sendable {
  /// Frechet distances at intervals, and the spread of samples relative to that of real images; with their steps.
  package private(set) var distances: [(step: Int, value: Double)] = []
  package private(set) var spreads: [(step: Int, value: Double)] = []
  /// Where numbers ceased to be finite.
  package let divergence: String?

  /// Below this spread samples are alike.
  private static let collapse = Monitor.Limits().collapse

  /// - Parameter steps: what came later does not count.
  package init(folder: RunFolder, upTo steps: Int, divergence: String?) throws(FileError) {
    self.divergence = divergence
    try StepMetrics.read(folder.metricsPath) { metrics in
      guard metrics.step <= steps else { return }
      if let distance = metrics.distance { distances.append((metrics.step, distance)) }
      if let diversity = metrics.diversity { spreads.append((metrics.step, diversity.spread)) }
    }
  }

  package var last: Double? { divergence == nil ? distances.last?.value : nil }
  package var least: Double? { distances.map(\.value).min() }
  /// Whether the samples at the end are alike: collapsed, or never different, as an untrained generator's.
  package var isAlike: Bool { spreads.last.map { $0.value < Self.collapse } ?? false }

  /// How much the distance goes up again, in the second half of the steps: the sum of its rises over its mean. A training that only
  /// improves has 0.
  package var unrest: Double? {
    let half = distances.filter { 2 * $0.step > (distances.last?.step ?? 0) }.map(\.value)
    guard half.count >= 3, half.allSatisfy({ $0.isFinite && $0 > 0 }) else { return nil }
    let rises = zip(half, half.dropFirst()).reduce(0) { $0 + max(0, $1.1 - $1.0) }
    return rises / (half.reduce(0, +) / Double(half.count))
  }

  /// The first measured step at which the distance is at most this.
  package func step(reaching distance: Double) -> Int? { distances.first { $0.value <= distance }?.step }
}
