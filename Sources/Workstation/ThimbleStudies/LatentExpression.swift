import Thimble
import ThimbleBatches
import ThimbleStorage

/// `smiling_woman - neutral_woman + neutral_man`: a sum of concepts with signs.
package struct LatentExpression: Sendable, Equatable {
  package struct Term: Sendable, Equatable {
    package var sign: Double
    package var name: String

    package init(sign: Double, name: String) { (self.sign, self.name) = (sign, name) }
  }

  package let terms: [Term]

  /// Names are of letters, digits and `_`. Throws `usage`.
  package init(_ text: String) throws(FileError) {
    func bad(_ found: String) -> FileError {
      FileError(
        .usage, file: "expression", field: "\"\(text)\"", found: found, wanted: "names with + and - between them",
        advice: "Write it in quotes, for example \"smiling_woman - neutral_woman + neutral_man\".")
    }
    var (terms, sign, name) = ([Term](), Optional(1.0), "")
    func close() throws(FileError) {
      if name.isEmpty { return }
      guard let known = sign else { throw bad("no sign before \"\(name)\"") }
      terms.append(Term(sign: known, name: name))
      (sign, name) = (nil, "")
    }
    for character in text {
      switch character {
      case "+", "-":
        try close()
        guard sign == nil || terms.isEmpty && sign == 1 else { throw bad("two signs in a row") }
        sign = character == "+" ? 1 : -1
      case " ", "\t": try close()
      case _ where character.isLetter || character.isNumber || character == "_": name.append(character)
      default: throw bad("\"\(character)\"")
      }
    }
    try close()
    guard !terms.isEmpty, sign == nil else { throw bad(terms.isEmpty ? "no name" : "no name after a sign") }
    self.terms = terms
  }

  /// The sum of rows, one a term: in f64, which holds sums and means of Q3.12 numbers without error worth a name.
  package func value(_ rows: [[Double]]) -> [Double] {
    var sum = [Double](repeating: 0, count: rows[0].count)
    for (term, row) in zip(terms, rows) {
      for i in sum.indices { sum[i] += term.sign * row[i] }
    }
    return sum
  }
}

package enum LatentVector {
  /// The mean of rows, as numbers.
  package static func mean(_ rows: LatentBatch) -> [Double] {
    (0..<rows.length).map { i in
      let sum = (0..<rows.count).reduce(0) { $0 + Int(rows.elements[$1 * rows.length + i]) }
      return Double(sum) / Double(rows.count * Int(Q3x12.one))
    }
  }

  /// The nearest Q3.12 numbers.
  package static func rounded(_ vector: [Double]) -> [Int16] { vector.map { Q3x12.nearest(Float($0)) ?? 0 } }

  /// A vector and its neighbours in a grid of nine, the vector in the middle: the others have uniform noise in
  /// [-scale, scale] added (paper, figure 7: 0.25).
  package static func neighbourhood(_ vector: [Double], scale: Double) -> LatentBatch {
    var noise = [Int16](repeating: 0, count: vector.count)
    let cells = (0..<9).flatMap { cell in
      if cell == 4 { return rounded(vector) }
      var span = noise.mutableSpan
      LatentDistribution.uniform.fill(&span, seed: UInt64(cell))
      return rounded(zip(vector, noise).map { $0 + scale * Double(Q3x12.value($1)) })
    }
    return LatentBatch(cells, length: vector.count)
  }
}
