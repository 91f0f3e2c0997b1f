extension JSON {
  /// Parses a whole text of the file at `file`, which people may have written. Throws `badData`, which names a field that stands
  /// there twice, and else the line and the column.
  package init(_ bytes: UnsafeRawBufferPointer, file: String, advice: String) throws(FileError) {
    do {
      self = try unsafe JSON(bytes)
    } catch {
      if let name = error.twice {
        throw FileError(
          .badData, file: file, field: name, found: "two values", wanted: "one",
          advice: "Remove one of the two: this field stands there twice.")
      }
      let before = unsafe bytes.prefix(error.at)
      let line = unsafe before.count { $0 == 10 } + 1
      let column = unsafe error.at - (before.lastIndex(of: 10).map { $0 + 1 } ?? 0) + 1
      throw FileError(
        .badData, file: file, field: "line \(line), column \(column)", found: error.found, wanted: "JSON",
        advice: advice)
    }
  }
}
