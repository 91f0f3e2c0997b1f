/// Error feedback for sets of a layer's taps.
struct TapFeedback: Sendable {
  /// Indices ky * kernel + kx; the weights of one set are rounded together.
  let sets: [[Int]]
  let feedback: ErrorFeedback

  init(_ group: InputCorrelations.Group) {
    sets = group.sets
    feedback = ErrorFeedback(correlations: group.sums, inputs: group.inputs)
  }

  /// Rounds the weights of one output, [tap][channel], to whole steps of each one's scale within -127 ... 127: those of the taps
  /// that are in no set to the nearest one.
  static func rounded(
    _ weights: [Double], scales: [Double], channels: Int, _ feedback: [TapFeedback]
  ) -> (steps: [Int8], squaredError: Double) {
    var steps = weights.indices.map { i in
      Int8(max(-127, min(127, (weights[i] / scales[i]).rounded(.toNearestOrEven))))
    }
    guard !feedback.isEmpty else {
      let errors = weights.indices.map { weights[$0] - Double(steps[$0]) * scales[$0] }
      return (steps, errors.reduce(0) { $0 + $1 * $1 })
    }
    var squaredError = 0.0
    for part in feedback {
      for taps in part.sets {
        let places = taps.flatMap { ($0 * channels)..<(($0 + 1) * channels) }
        let rounded = part.feedback.rounded(
          places.map { weights[$0] }, scales: places.map { scales[$0] }, largest: 127)
        for (place, step) in zip(places, rounded.steps) { steps[place] = step }
        squaredError += rounded.squaredError
      }
    }
    return (steps, squaredError)
  }
}
