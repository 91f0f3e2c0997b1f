import Thimble
import ThimbleBatches

/// A sum of concepts (paper, section 6.3.2): of their means, of single samples, and of pictures.
package struct ArithmeticStudy: Sendable {
  package let expression: LatentExpression
  /// The samples of each term.
  package let rows: [LatentBatch]
  /// Of the samples of each term.
  package let means: [[Double]]

  /// Noise around the sum.
  package static let noise = 0.25

  package init(expression: LatentExpression, rows: [LatentBatch]) {
    precondition(expression.terms.count == rows.count && rows.allSatisfy { $0.count > 0 })
    (self.expression, self.rows) = (expression, rows)
    means = rows.map(LatentVector.mean)
  }

  /// The most samples of a term.
  package var columns: Int { rows.map(\.count).max()! }
  package var sum: [Double] { expression.value(means) }
  /// Nine latents, the sum in the middle.
  package var neighbourhood: LatentBatch { LatentVector.neighbourhood(sum, scale: Self.noise) }

  /// The sums of the terms' first samples alone, of their second ones, and so on while all terms have one.
  package var singles: LatentBatch {
    var sums = LatentBatch(length: rows[0].length)
    for index in 0..<rows.map(\.count).min()! {
      let values = rows.map { $0[index].map { Double(Q3x12.value($0)) } }
      sums.append(LatentVector.rounded(expression.value(values)))
    }
    return sums
  }

  /// The same sums of pictures, clamped: of the means, then of single ones.
  /// - Parameter images: those of each term's samples.
  package func pixelSums(_ images: [ImageBatch<UInt8>]) -> ImageBatch<UInt8> {
    func sum(_ image: (ImageBatch<UInt8>) -> [Double]) -> [UInt8] {
      expression.value(images.map(image)).map { UInt8(max(0, min(255, $0.rounded()))) }
    }
    let means = sum { term in
      (0..<term.imageSize).map { i in
        Double((0..<term.count).reduce(0) { $0 + Int(term.pixels[$1 * term.imageSize + i]) }) / Double(term.count)
      }
    }
    let singles = (0..<images.map(\.count).min()!).flatMap { index in sum { $0[index].map(Double.init) } }
    return ImageBatch(pixels: means + singles, like: images[0])
  }
}
