import Testing
import ThimbleQuantization

/// Rounding with error feedback must make the output's error smaller than rounding to the nearest step does, on inputs that vary
/// together; on inputs that do not, it is rounding to the nearest.
@Suite struct ErrorFeedbackTests {
  /// Mean squared error of the output over inputs whose correlation is given (lower triangle).
  private func error(_ weights: [Double], _ steps: [Int8], _ scale: Double, _ correlation: [Double]) -> Double {
    let n = weights.count
    let e = (0..<n).map { weights[$0] - Double(steps[$0]) * scale }
    var sum = 0.0
    for i in 0..<n { for j in 0..<n { sum += e[i] * e[j] * correlation[max(i, j) * n + min(i, j)] } }
    return sum
  }

  private let n = 24
  private var weights: [Double] {
    (0..<n).map { (i: Int) -> Double in
      let coarse = Double(i * 37 % 101) / 50
      return coarse - 1 + 0.003 * Double(i % 7)
    }
  }

  @Test func smallerErrorOnInputsThatVaryTogether() {
    // Every input is a common part and a part of its own: E[x_i x_j] = 1, E[x_i^2] = 1.05.
    var correlation = [Double](repeating: 0, count: n * n)
    for i in 0..<n { for j in 0...i { correlation[i * n + j] = i == j ? 1.05 : 1 } }
    let scale = 0.1
    let feedback = ErrorFeedback(correlations: correlation, inputs: n)
    // One set of weights may be lucky either way: fifty are not.
    var (withFeedback, toNearest) = (0.0, 0.0)
    for shift in 0..<50 {
      let weights = weights.map { $0 * (1 + 0.017 * Double(shift)) }
      let nearest = weights.map { Int8(($0 / scale).rounded(.toNearestOrEven)) }
      let fed = feedback.rounded(weights, scale: scale)
      withFeedback += error(weights, fed, scale, correlation)
      toNearest += error(weights, nearest, scale, correlation)
      #expect(zip(fed, nearest).allSatisfy { abs(Int($0) - Int($1)) <= 1 })
    }
    #expect(withFeedback < 0.5 * toNearest)
  }

  @Test func nearestOnInputsThatDoNot() {
    var correlation = [Double](repeating: 0, count: n * n)
    for i in 0..<n { correlation[i * n + i] = 1 + Double(i % 3) }
    let scale = 0.013
    let nearest = weights.map { Int8(($0 / scale).rounded(.toNearestOrEven)) }
    #expect(ErrorFeedback(correlations: correlation, inputs: n).rounded(weights, scale: scale) == nearest)
  }
}
