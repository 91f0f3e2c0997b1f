/// Takes each feature's mean away and divides by its deviation, as of a training set.
package struct FeatureScale: Sendable {
  private let mean: [Float]
  private let factor: [Float]

  /// Of some rows of a file. A feature that does not vary, or by less than an f32 can make up for, becomes 0.
  package init(_ indices: [Int], of file: FeatureFile) {
    let count = Double(max(1, indices.count))
    /// The mean over the rows of what `value` makes of each number.
    func means(_ value: (Double, Int) -> Double) -> [Double] {
      var sums = [Double](repeating: 0, count: file.length)
      for index in indices {
        let row = unsafe file.row(index)
        for i in 0..<file.length { unsafe sums[i] += value(Double(row[i]), i) }
      }
      return sums.map { $0 / count }
    }
    let averages = means { value, _ in value }
    // Around the mean: squares of large numbers that hardly differ would leave nothing.
    let variances = means { value, i in (value - averages[i]) * (value - averages[i]) }
    mean = averages.map { Float($0) }
    factor = zip(averages, variances).map { mean, variance in
      // What rounding leaves of a constant is below.
      guard variance > mean * mean * 1e-22 else { return 0 }
      let factor = Float(1 / variance.squareRoot())
      return factor.isFinite ? factor : 0
    }
  }

  func apply(_ value: Float, _ index: Int) -> Float { (value - mean[index]) * factor[index] }

  package func apply(_ row: UnsafeBufferPointer<Float>) -> [Float] { row.indices.map { unsafe apply(row[$0], $0) } }
}
