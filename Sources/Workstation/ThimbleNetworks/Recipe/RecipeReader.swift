import Foundation
import ThimbleStorage

/// The fields of a JSON object, each taken once; what is left at the end is unknown.
struct RecipeReader {
  private var values: [String: Any]
  /// For messages.
  private let file: String

  init(json: Data, file: String) throws(FileError) {
    guard let object = try? JSONSerialization.jsonObject(with: json), let values = object as? [String: Any] else {
      throw FileError(
        .badData, file: file, field: "recipe", found: "no JSON object", wanted: "a JSON object",
        advice: "Compare the file with a recipe under weights/.")
    }
    (self.values, self.file) = (values, file)
  }

  /// - Returns: nil if the field is left out.
  mutating func take<Value: RecipeValue>(_ name: String) throws(FileError) -> Value? {
    guard let found = values[name] else { return nil }
    guard let value = Value(recipeJSON: found) else {
      throw FileError(
        .badData, file: file, field: name, found: Self.text(found), wanted: Value.wanted,
        advice: "Correct this field, or leave it out to use its default.")
    }
    values[name] = nil
    return value
  }

  private static func text(_ value: Any) -> String {
    guard let data = try? JSONSerialization.data(withJSONObject: [value], options: [.withoutEscapingSlashes]) else {
      return "something else"
    }
    return String(String(decoding: data, as: UTF8.self).dropFirst().dropLast().prefix(60))
  }

  func refuseRest() throws(FileError) {
    guard let name = values.keys.sorted().first else { return }
    throw FileError(
      .badData, file: file, field: name, found: "an unknown field", wanted: "a field of a recipe",
      advice: "Check the spelling; `thimble train --dry-run` prints a recipe with all its fields.")
  }
}
