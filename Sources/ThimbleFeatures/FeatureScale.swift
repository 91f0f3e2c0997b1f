/// Takes each feature's mean away and divides by its deviation, as of a training set.
package struct FeatureScale: Sendable {
  private let mean: [Float]
  private let factor: [Float]

  /// Of some rows of a file. A feature that does not vary becomes 0.
  package init(_ indices: [Int], of file: FeatureFile) {
    var sums = [Double](repeating: 0, count: file.length)
    var squares = sums
    for index in indices {
      let row = file.row(index)
      for i in 0..<file.length {
        let value = Double(row[i])
        sums[i] += value
        squares[i] += value * value
      }
    }
    let count = Double(max(1, indices.count))
    mean = sums.map { Float($0 / count) }
    factor = zip(sums, squares).map { sum, square in
      let (mean, second) = (sum / count, square / count)
      let variance = second - mean * mean
      return variance > second * 1e-12 ? Float(1 / variance.squareRoot()) : 0
    }
  }

  func apply(_ value: Float, _ index: Int) -> Float { (value - mean[index]) * factor[index] }

  package func apply(_ row: UnsafeBufferPointer<Float>) -> [Float] { row.indices.map { apply(row[$0], $0) } }
}
