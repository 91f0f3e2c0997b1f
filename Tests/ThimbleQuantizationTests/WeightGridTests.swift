import Testing
import ThimbleQuantization

/// Rounding on a grid of one scale a weight, and the error that it says it leaves.
@Suite struct WeightGridTests {
  private let n = 16
  private var weights: [Double] { (0..<n).map { Double($0 * 37 % 101) / 50 - 1 } }
  /// E[x_i x_j] = 1, E[x_i^2] = 1.3.
  private var correlations: [Double] {
    (0..<(n * n)).map { $0 / n == $0 % n ? 1.3 : 1 }
  }

  /// Steps beyond the largest are clipped, whatever their scales.
  @Test func withinTheLargest() {
    let scales = (0..<n).map { 0.02 * Double(1 + $0 % 3) }
    let steps = ErrorFeedback(correlations: correlations, inputs: n).rounded(weights, scales: scales, largest: 7).steps
    #expect(steps.allSatisfy { (-7...7).contains($0) })
    #expect(steps.contains { abs($0) == 7 })
  }

  /// Weights that lie on their own grids stay, and leave no error.
  @Test func exactOnTheGrid() {
    let scales = (0..<n).map { 0.25 * Double(1 + $0 % 2) }
    let wanted = (0..<n).map { Int8($0 - 8) }
    let onGrid = zip(wanted, scales).map { Double($0) * $1 }
    let found = ErrorFeedback(correlations: correlations, inputs: n).rounded(onGrid, scales: scales, largest: 127)
    #expect(found.steps == wanted)
    #expect(found.squaredError == 0)
  }

  /// The error is that of the output, summed independently here: with the damping of a hundredth of the mean energy.
  @Test func errorOfTheOutput() {
    let scales = (0..<n).map { 0.07 + 0.01 * Double($0 % 4) }
    let found = ErrorFeedback(correlations: correlations, inputs: n).rounded(weights, scales: scales, largest: 127)
    let e = (0..<n).map { weights[$0] - Double(found.steps[$0]) * scales[$0] }
    var sum = 0.0
    for i in 0..<n { for j in 0..<n { sum += e[i] * e[j] * (correlations[i * n + j] + (i == j ? 0.013 : 0)) } }
    #expect(abs(found.squaredError - sum) < 1e-9 * max(1, sum))
  }
}
