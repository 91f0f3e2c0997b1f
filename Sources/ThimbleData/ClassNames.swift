import ThimbleStorage

/// What a set's classes are called. Numbers of classes mean the same in two files only if the names are the same.
package enum ClassNames {
  /// Refuses `found`, the names in `file`, where they differ from those of `other`; what has no names has any.
  package static func check(
    _ found: [String]?, in file: String, as wanted: [String]?, of other: String
  ) throws(FileError) {
    guard let found, let wanted, found != wanted else { return }
    throw FileError(
      .badData, file: file, field: "labelNames", found: text(found), wanted: "\(text(wanted)), as in \(other)",
      advice: "A number means another class there: pack both sets with the same classes, in the same order.")
  }

  /// The first few.
  private static func text(_ names: [String]) -> String {
    names.prefix(4).map(FileError.printable).joined(separator: ", ") + (names.count > 4 ? ", ..." : "")
  }
}
