/// Rounding with error feedback: each weight is rounded in turn, and what its rounding changes in the output, on the inputs that
/// the layer sees, is made good by the weights that follow (Frantar et al.: "GPTQ", 2022; Hassibi and Stork 1993).
package struct ErrorFeedback: Sendable {
  /// The order in which inputs are rounded: those with the most energy first.
  private let order: [Int]
  /// Upper triangle of the Cholesky factor of the inverse correlation, in that order, [inputs][inputs].
  private let factor: [Double]

  /// - Parameter correlations: the lower triangle of [inputs][inputs], to any scale.
  package init(correlations: [Double], inputs n: Int) {
    let energy = (0..<n).map { correlations[$0 * n + $0] }
    let order = (0..<n).sorted { (energy[$0], $1) > (energy[$1], $0) }
    // A little of the mean energy on the diagonal keeps the matrix invertible where inputs are never seen.
    let damping = max(energy.reduce(0, +) / Double(max(1, n)) * 0.01, 1e-12)
    var matrix = [Double](repeating: 0, count: n * n)
    for i in 0..<n {
      for j in 0...i {
        let (p, q) = (max(order[i], order[j]), min(order[i], order[j]))
        matrix[i * n + j] = correlations[p * n + q] + (i == j ? damping : 0)
      }
    }
    factor = TriangularFactors.upperFactorOfInverse(matrix, n)
    self.order = order
  }

  /// Rounds the weights of one output, [tap][channel], to whole steps of `scale` within -127 ... 127.
  package func rounded(_ weights: [Double], scale: Double) -> [Int8] {
    rounded(weights, scales: [Double](repeating: scale, count: weights.count), largest: 127).steps
  }

  /// Rounds the weights of one output to whole steps, each weight to those of its own scale.
  /// - Parameters:
  ///   - weights: in the order of the correlations.
  ///   - scales: what one step of each weight stands for, above 0.
  ///   - largest: steps are within -largest ... largest; 127 for int8, 7 for int4.
  /// - Returns: the steps, and the mean squared error of the output that they leave, to the scale of the correlations.
  package func rounded(
    _ weights: [Double], scales: [Double], largest: Double
  ) -> (steps: [Int8], squaredError: Double) {
    let n = order.count
    var rest = order.map { weights[$0] }
    var steps = [Int8](repeating: 0, count: n)
    var squaredError = 0.0
    unsafe factor.withUnsafeBufferPointer { factor in
      unsafe rest.withUnsafeMutableBufferPointer { rest in
        for i in 0..<n {
          let scale = scales[order[i]]
          let step = unsafe max(-largest, min(largest, (rest[i] / scale).rounded(.toNearestOrEven)))
          steps[order[i]] = Int8(step)
          let row = unsafe factor.baseAddress! + i * n
          let error = unsafe (rest[i] - step * scale) / row[i]
          squaredError += error * error
          for j in (i + 1)..<max(n, i + 1) { unsafe rest[j] -= error * row[j] }
        }
      }
    }
    return (steps, squaredError)
  }
}
