/// A value that a recipe's field may not have, and what it may.
package struct RecipeRefusal: Sendable, Equatable {
  package let found: String
  package let wanted: String
}

/// What the value of a recipe's field may be.
struct RecipeRange<Value: RecipeValue>: Sendable {
  /// In words, as a refusal has them.
  let words: String
  let refusal: @Sendable (Value) -> RecipeRefusal?

  /// All values of the type.
  static var any: Self { Self(words: "") { _ in nil } }

  /// Those that `holds` is true of.
  static func only(_ words: String, _ holds: @escaping @Sendable (Value) -> Bool) -> Self {
    Self(words: words) { holds($0) ? nil : RecipeRefusal(found: $0.recipeJSON, wanted: words) }
  }
}

extension RecipeRange<Int> {
  static func within(_ range: ClosedRange<Int>) -> Self {
    .only("\(range.lowerBound) to \(range.upperBound)") { range.contains($0) }
  }
}

extension RecipeRange<[Int]> {
  private static var each: String { "widths of 1 to 4096" }

  /// As many widths of layers as `counts` says.
  /// - Parameter counted: `counts` in words.
  static func widths(_ counts: ClosedRange<Int>, _ counted: String) -> Self {
    Self(words: "\(counted) \(each)") { widths in
      if !counts.contains(widths.count) { return RecipeRefusal(found: "\(widths.count) widths", wanted: counted) }
      return widths.allSatisfy { (1...4096).contains($0) }
        ? nil : RecipeRefusal(found: widths.recipeJSON, wanted: each)
    }
  }
}

extension RecipeRange<Double> {
  /// From 0, below 1.
  static var belowOne: Self { .only("0 or more, below 1") { (0..<1).contains($0) } }

  /// At most 1, but not 0.
  static var share: Self { .only("above 0, at most 1") { $0 > 0 && $0 <= 1 } }
}
