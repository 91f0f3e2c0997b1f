import Foundation
import ThimbleStorage

/// The fields of a JSON object, each taken once; what is left at the end is unknown.
struct RecipeReader {
  private var values: [String: Any]
  /// For messages.
  private let file: String

  init(json: Data, file: String) throws(FileError) {
    // A mark at the beginning, as some editors write it, is not the recipe's.
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    let json = json.starts(with: mark) ? json.dropFirst(mark.count) : json
    // `JSONSerialization` takes one of two fields with the same name.
    do {
      try unsafe Array(json).withUnsafeBytes {
        _ = try unsafe JSON($0, file: file, advice: "Compare the file with a recipe under weights/.")
      }
    } catch { throw error as! FileError }
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
      advice: "Check the spelling; `thimble train --print-recipe` prints a recipe with all its fields.")
  }
}
