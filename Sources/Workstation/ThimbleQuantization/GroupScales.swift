/// The scales of one output's int4 weights: one number for the output, 1 ... 15 for each group of inputs.
struct GroupScales {
  /// q lies in this range; a weight stands for q * group scale * scale.
  static let least = -8.0, most = 7.0

  /// What 1 stands for.
  let scale: Double
  /// 1 ... 15, a group each.
  let groups: [Int]

  /// Chooses the scales that make the sum of energy * squared error least when each weight is rounded by itself.
  /// - Parameters:
  ///   - weights: of one output, in the order of `starts`.
  ///   - energies: mean squares of their inputs, to any scale.
  ///   - starts: where each group begins, and the count of the weights.
  ///   - floor: the least scale.
  init(_ weights: [Double], energies: [Double], starts: [Int], floor: Double) {
    let largest = weights.reduce(0.0) { max($0, abs($1)) }
    var (best, bestScale, bestGroups) = (Double.infinity, floor, [Int](repeating: 1, count: starts.count - 1))
    // Steps of 2 % through all ways to let the largest weight be cut a little, or to leave room above.
    for step in 0..<24 {
      let scale = max(largest / (15 * 7) * (0.62 + 0.02 * Double(step)), floor, 1e-30)
      var (sum, groups) = (0.0, [Int]())
      for group in 0..<starts.count - 1 {
        let (error, chosen) = Self.best(weights, energies, starts[group]..<starts[group + 1], scale)
        sum += error
        groups.append(chosen)
        if sum >= best { break }
      }
      if sum < best { (best, bestScale, bestGroups) = (sum, scale, groups) }
    }
    (scale, groups) = (bestScale, bestGroups)
  }

  static func best(
    _ weights: [Double], _ energies: [Double]?, _ range: Range<Int>, _ scale: Double
  ) -> (error: Double, scale: Int) {
    var (best, chosen) = (Double.infinity, 1)
    let largest = range.reduce(0.0) { max($0, abs(weights[$1])) } / (scale * 7)
    // Scales far from what the group's largest weight asks for cannot be best.
    let (low, high) = (max(1, min(15, Int(largest * 0.5))), max(1, min(15, Int(largest * 1.15) + 1)))
    for candidate in low...high {
      let step = scale * Double(candidate)
      var sum = 0.0
      for i in range {
        let difference = weights[i] - rounded(weights[i] / step) * step
        sum += (energies?[i] ?? 1) * difference * difference
      }
      if sum < best { (best, chosen) = (sum, candidate) }
    }
    return (best, chosen)
  }

  /// The nearest q, halves to even.
  static func rounded(_ value: Double) -> Double {
    // Beside this number a Double has no places after the point.
    let whole = 6_755_399_441_055_744.0
    return (max(least, min(most, value)) + whole) - whole
  }
}
