import Foundation
import ThimbleStorage

extension Recipe {
  /// The fields that this recipe names, in the order of the list, their values as JSON: the same text for the same value.
  package var fields: [(name: String, value: String)] {
    RecipeField.all.filter { $0.isNamed(in: self) }.map { ($0.name, $0.json(self)) }
  }

  /// The recipe as JSON text. Fields that are left out by default are left out.
  package var json: String { Self.json(fields) }

  /// The recipe as JSON text with all its fields.
  package var completeJSON: String { Self.json(RecipeField.all.map { ($0.name, $0.json(self)) }) }

  private static func json(_ fields: [(name: String, value: String)]) -> String {
    "{\n" + fields.map { "  \"\($0.name)\": \($0.value)" }.joined(separator: ",\n") + "\n}\n"
  }

  /// Reads a recipe. Fields that are left out have their default; unknown fields, wrong types and impossible geometries are
  /// refused.
  package init(path: String) throws(FileError) {
    let file = try MappedFile(path: path)
    defer { withExtendedLifetime(file) {} }
    guard unsafe file.bytes.count <= 1 << 20 else {
      throw FileError(
        .badData, file: path, field: "size", found: unsafe "\(file.bytes.count) bytes",
        wanted: "a recipe of at most 1 MB",
        advice: "A recipe is a short JSON file; `thimble train --help` says more.")
    }
    try unsafe self.init(json: Data(file.bytes), file: path)
  }

  /// Reads a recipe from JSON; `file` is for messages.
  package init(json: Data, file: String) throws(FileError) {
    var reader = try RecipeReader(json: json, file: file)
    self.init()
    for field in RecipeField.all { try field.read(&self, &reader) }
    try reader.refuseRest()
    try validate(file: file)
  }
}
