import Glibc

/// Logistic regression with an L1 penalty: what does not help gets a weight of exactly 0.
package struct LogisticRegression: Sendable {
  /// For the features as they are.
  package let weights: [Double]
  package let intercept: Double

  /// Minimises the mean logistic loss + penalty x the sum of |weight| over features scaled to a deviation of 1, by accelerated
  /// proximal gradient steps (Beck and Teboulle, 2009). The intercept has no penalty.
  /// - Parameters:
  ///   - features: [count][length].
  ///   - labels: [count].
  package init(_ features: [Double], _ labels: [Bool], length: Int, penalty: Double, steps: Int = 2000) {
    let count = labels.count
    precondition(count > 0 && features.count == count * length && penalty >= 0)
    var (means, scales) = ([Double](repeating: 0, count: length), [Double](repeating: 0, count: length))
    for i in 0..<length {
      for row in 0..<count { means[i] += features[row * length + i] / Double(count) }
      for row in 0..<count {
        let difference = features[row * length + i] - means[i]
        scales[i] += difference * difference / Double(count)
      }
      // A map that never changes carries no information.
      scales[i] = scales[i] > 1e-12 ? 1 / scales[i].squareRoot() : 0
    }
    var rows = [Double](repeating: 1, count: count * (length + 1))
    for row in 0..<count {
      for i in 0..<length { rows[row * (length + 1) + i] = (features[row * length + i] - means[i]) * scales[i] }
    }
    let fitted = Self.fit(rows, labels, width: length + 1, penalty: penalty, steps: steps)
    weights = (0..<length).map { fitted[$0] * scales[$0] }
    intercept = fitted[length] - (0..<length).reduce(0.0) { $0 + fitted[$1] * scales[$1] * means[$1] }
  }

  private static func fit(_ rows: [Double], _ labels: [Bool], width: Int, penalty: Double, steps: Int) -> [Double] {
    let count = labels.count
    // The loss's curvature is at most a quarter of the mean squared length of a row.
    let rate = 4 / (rows.reduce(0) { $0 + $1 * $1 } / Double(count))
    var (weights, ahead) = ([Double](repeating: 0, count: width), [Double](repeating: 0, count: width))
    var momentum = 1.0
    for _ in 0..<steps {
      var gradient = [Double](repeating: 0, count: width)
      for row in 0..<count {
        var value = 0.0
        for i in 0..<width { value += rows[row * width + i] * ahead[i] }
        let error = (1 / (1 + exp(-value)) - (labels[row] ? 1 : 0)) / Double(count)
        for i in 0..<width { gradient[i] += error * rows[row * width + i] }
      }
      let next = (1 + (1 + 4 * momentum * momentum).squareRoot()) / 2
      for i in 0..<width {
        let moved = ahead[i] - rate * gradient[i]
        let shrunk =
          i + 1 == width ? moved : moved < 0 ? min(0, moved + rate * penalty) : max(0, moved - rate * penalty)
        ahead[i] = shrunk + (momentum - 1) / next * (shrunk - weights[i])
        weights[i] = shrunk
      }
      momentum = next
    }
    return weights
  }

  /// The share of rows that get their label.
  package func accuracy(_ features: [Double], _ labels: [Bool]) -> Double {
    let length = weights.count
    let right = labels.indices.count { row in
      let value = weights.indices.reduce(intercept) { $0 + weights[$1] * features[row * length + $1] }
      return (value > 0) == labels[row]
    }
    return Double(right) / Double(max(1, labels.count))
  }
}
