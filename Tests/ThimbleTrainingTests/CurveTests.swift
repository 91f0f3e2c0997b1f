import Testing
import ThimbleTraining

/// Curves of long runs: bounded, and nothing lost of what a point keeps.
@Suite struct CurveTests {
  /// Catches: numbers that are dropped, points that grow without end or that lie out of order, lost extremes.
  @Test(arguments: [(1000, 1), (1024, 1), (1025, 1), (100_000, 1), (100_000, 10), (99_991, 7), (3_000_000, 468)])
  func longRuns(steps: Int, every: Int) {
    var curve = Curve()
    var values: [(step: Int, value: Double)] = []
    for step in stride(from: every, through: steps, by: every) {
      let value = Double((step &* 7919) % 1009) - 500
      values.append((step, value))
      curve.take(step: step, value)
    }
    #expect(curve.points.count <= Curve.capacity && curve.points.count > min(values.count, Curve.capacity) / 2 - 2)
    #expect(curve.latest == values.last?.value)
    var next = 0
    for point in curve.points {
      let part = values[next..<(next + point.count)]
      #expect(part.first?.step == point.steps.lowerBound && part.last?.step == point.steps.upperBound)
      // Whole numbers: their sums are exact in any order.
      #expect(part.map(\.value).reduce(0, +) == point.sum)
      #expect(part.map(\.value).min() == point.least && part.map(\.value).max() == point.greatest)
      next += point.count
    }
    #expect(next == values.count)
  }
}
