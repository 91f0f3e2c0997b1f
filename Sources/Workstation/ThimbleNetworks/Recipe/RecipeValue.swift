import Foundation
import Thimble

/// A type that fields of recipes have.
package protocol RecipeValue: Sendable {
  /// What a value is: `a number`.
  static var kind: String { get }
  /// What a value in JSON must be, in the words of a refusal.
  static var wanted: String { get }
  /// All values with their meanings, where they are words.
  static var choices: [(name: String, meaning: String)] { get }

  /// Takes a value as `JSONSerialization` gives it; nil if it is of another type.
  init?(recipeJSON value: Any)
  /// As text: the same for the same value.
  var recipeJSON: String { get }
}

extension RecipeValue {
  package static var wanted: String { kind }
  package static var choices: [(name: String, meaning: String)] { [] }
}

extension Bool: RecipeValue {
  package static var kind: String { "true or false" }

  package init?(recipeJSON value: Any) {
    guard Self.isBoolean(value), let value = value as? Bool else { return nil }
    self = value
  }

  package var recipeJSON: String { "\(self)" }

  fileprivate static func isBoolean(_ value: Any) -> Bool {
    (value as? NSNumber).map { unsafe String(cString: $0.objCType) == "c" } ?? false
  }
}

extension Int: RecipeValue {
  package static var kind: String { "a whole number" }
  package static var wanted: String { "a whole number from 0" }

  package init?(recipeJSON value: Any) {
    guard !Bool.isBoolean(value), let number = value as? NSNumber, let integer = Int(exactly: number.doubleValue),
      integer >= 0
    else { return nil }
    self = integer
  }

  package var recipeJSON: String { "\(self)" }
}

extension UInt64: RecipeValue {
  package static var kind: String { Int.kind }
  package static var wanted: String { Int.wanted }

  package init?(recipeJSON value: Any) {
    guard let value = Int(recipeJSON: value) else { return nil }
    self.init(value)
  }

  package var recipeJSON: String { "\(self)" }
}

extension Double: RecipeValue {
  package static var kind: String { "a number" }

  package init?(recipeJSON value: Any) {
    guard !Bool.isBoolean(value), let number = value as? NSNumber, number.doubleValue.isFinite else { return nil }
    self = number.doubleValue
  }

  package var recipeJSON: String { "\(self)" }
}

extension [Int]: RecipeValue {
  package static var kind: String { "a list of whole numbers" }
  package static var wanted: String { "a list of whole numbers from 0" }

  package init?(recipeJSON value: Any) {
    guard let values = (value as? [Any])?.map({ Int(recipeJSON: $0) }), !values.contains(nil) else { return nil }
    self = values.compactMap { $0 }
  }

  package var recipeJSON: String { "[\(map(String.init).joined(separator: ", "))]" }
}

extension RecipeValue where Self: RecipeChoice {
  package static var kind: String { "one of " + all.map(\.recipeJSON).joined(separator: ", ") }
  package static var choices: [(name: String, meaning: String)] { all.map { ($0.name, $0.meaning) } }

  package init?(recipeJSON value: Any) {
    guard let found = Self.all.first(where: { $0.name == value as? String }) else { return nil }
    self = found
  }

  package var recipeJSON: String { "\"\(name)\"" }
}

extension Recipe.Geometry: RecipeValue {}
extension Recipe.Schedule: RecipeValue {}
extension Recipe.Loss: RecipeValue {}
extension Recipe.Optimizer: RecipeValue {}
extension Recipe.Output: RecipeValue {}
extension Recipe.Normalized: RecipeValue {}
extension LayerSpecification.Statistics: RecipeValue {}
extension LatentDistribution: RecipeValue {}
