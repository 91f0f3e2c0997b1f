import Foundation
import ThimbleStorage

/// What a set's classes are called. Numbers of classes mean the same in two files only if the names are the same.
package enum ClassNames {
  /// Refuses `found`, the names in `file`, if they differ from those of `other`. A file without names matches any names.
  package static func check(
    _ found: [String]?, in file: String, as wanted: [String]?, of other: String
  ) throws(FileError) {
    guard let found, let wanted, found != wanted else { return }
    throw FileError(
      .badData, file: file, field: "labelNames", found: few(found), wanted: "\(few(wanted)), as in \(other)",
      advice:
        "The same number means different classes in the two files: pack both sets with the same classes, in the same order."
    )
  }

  /// The labels of the set, or of its features, in `file`, where there are any.
  package static func required(_ labels: [Int32]?, in file: String) throws(FileError) -> [Int32] {
    if let labels { return labels }
    throw FileError(
      .badData, file: file, field: "labels", found: "none", wanted: "a class for each image",
      advice:
        "Pack the set with labels (the label file next to an IDX file, one folder per class, or --labels), then run this again."
    )
  }

  /// Names as files hold them: a JSON array of texts.
  package static func text(_ names: [String]) -> String {
    let json = try! JSONSerialization.data(withJSONObject: names, options: .withoutEscapingSlashes)
    return String(decoding: json, as: UTF8.self)
  }

  /// The names in such a text; nil where it is another.
  package static func names(_ text: String) -> [String]? {
    (try? JSONSerialization.jsonObject(with: Data(text.utf8))) as? [String]
  }

  /// The first few.
  private static func few(_ names: [String]) -> String {
    names.prefix(4).map(FileError.printable).joined(separator: ", ") + (names.count > 4 ? ", ..." : "")
  }
}
