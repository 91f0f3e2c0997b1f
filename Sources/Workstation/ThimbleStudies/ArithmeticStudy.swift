/// A sum of concepts (paper, section 6.3.2): of their means, of single samples, and of pictures.
package struct ArithmeticStudy: Sendable {
  package let expression: LatentExpression
  /// The samples of each term, Q3.12 [count][length].
  package let rows: [[Int16]]
  package let length: Int
  /// Of the samples of each term.
  package let means: [[Double]]

  /// Noise around the sum.
  package static let noise = 0.25

  package init(expression: LatentExpression, rows: [[Int16]], length: Int) {
    precondition(expression.terms.count == rows.count && rows.allSatisfy { !$0.isEmpty && $0.count % length == 0 })
    (self.expression, self.rows, self.length) = (expression, rows, length)
    means = rows.map { LatentVector.mean($0, length: length) }
  }

  /// The most samples of a term.
  package var columns: Int { rows.map { $0.count / length }.max()! }
  package var sum: [Double] { expression.value(means) }
  /// Nine latents, the sum in the middle.
  package var neighbourhood: [Int16] { LatentVector.neighbourhood(sum, scale: Self.noise) }

  /// The sums of the terms' first samples alone, of their second ones, and so on while all terms have one.
  package var singles: [Int16] {
    (0..<rows.map { $0.count / length }.min()!).flatMap { index in
      LatentVector.rounded(
        expression.value(
          rows.map { LatentVector.mean(Array($0[(index * length)..<((index + 1) * length)]), length: length) })
      )
    }
  }

  /// The same sums of pictures, clamped: of the means, then of single ones.
  /// - Parameter images: the pixels of each term's samples.
  package func pixelSums(_ images: [[UInt8]], imageByteCount size: Int) -> [UInt8] {
    func sum(_ image: (Int) -> [Double]) -> [UInt8] {
      expression.value(images.indices.map(image)).map { UInt8(max(0, min(255, $0.rounded()))) }
    }
    let means = sum { term in
      let count = images[term].count / size
      return (0..<size).map { i in
        Double((0..<count).reduce(0) { $0 + Int(images[term][$1 * size + i]) }) / Double(count)
      }
    }
    let singles = (0..<images.map { $0.count / size }.min()!).flatMap { index in
      sum { images[$0][(index * size)..<((index + 1) * size)].map(Double.init) }
    }
    return means + singles
  }
}
