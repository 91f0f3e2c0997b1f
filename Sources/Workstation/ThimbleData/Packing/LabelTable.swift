import ThimbleStorage

/// A table (comma-separated values) that says what each image shows: the image in the first column, the label in the
/// second, or in a column named in the first line.
struct LabelTable {
  let path: String
  /// Labels by what the first column calls the image.
  private var labels: [String: String] = [:]

  /// The ways to name an image, in the order in which they are tried: path, last component of it, that without its
  /// extension, index in the order of packing. The first that tells all images apart and finds a label
  /// for each is taken.
  private static let names: [@Sendable (ImageEntry, Int) -> String] = [
    { entry, _ in entry.name }, { entry, _ in Path.baseName(entry.name) },
    { entry, _ in Path.stem(Path.baseName(entry.name)) }, { _, index in String(index) },
  ]

  /// Reads the table at `path`. Throws if a line has too few or too many columns, or if two lines contradict each other.
  init(path: String, column: String?) throws(FileError) {
    self.path = path
    let file = try MappedFile(path: path)
    var place = column == nil ? 1 : nil
    for (number, row) in try CSV.rows(file) {
      if let column, place == nil {
        guard let found = row.firstIndex(of: column), found > 0 else {
          throw bad("line \(number)", "no column \"\(column)\"", "one of: \(row.dropFirst().joined(separator: ", "))")
        }
        place = found
      } else if let place {
        guard column == nil ? row.count == 2 : row.count > place else {
          throw bad("line \(number)", "\(row.count) columns", column == nil ? "2, or the name of a column" : "more")
        }
        let former = labels.updateValue(row[place], forKey: row[0])
        guard former == nil || former == row[place] else {
          throw bad("line \(number)", "\(row[0]) again", "each name once")
        }
      }
    }
  }

  /// The label of each image. Throws `badData` if one has none.
  func texts(for entries: [ImageEntry]) throws(FileError) -> [String] {
    var best: (found: Int, missing: ImageEntry)?
    var shared: String?
    for name in Self.names {
      let names = entries.indices.map { name(entries[$0], $0) }
      let found = names.map { labels[$0] }
      guard let missing = found.firstIndex(of: nil) else {
        var seen: Set<String> = []
        guard let twice = names.first(where: { !seen.insert($0).inserted }) else { return found.map { $0! } }
        shared = shared ?? twice
        continue
      }
      let count = found.count { $0 != nil }
      if count > best?.found ?? 0 { best = (count, entries[missing]) }
    }
    if let shared {
      throw bad("first column", "\(shared), the name of several images", "paths, or numbers from 0: one per image")
    }
    guard let best else {
      throw bad("first column", "none of the images", "names such as \(entries[0].name), or numbers from 0")
    }
    throw bad(
      "label of \(best.missing.name)", "none", "a label for each of \(entries.count) images; \(best.found) have one")
  }

  private func bad(_ field: String, _ found: String, _ wanted: String) -> FileError {
    FileError(
      .badData, file: path, field: field, found: found, wanted: wanted,
      advice: "Correct the table: each line holds the name of an image, a comma, and its label.")
  }
}

/// Comma-separated values (RFC 4180): fields may stand in double quotes, a quote in them is doubled.
enum CSV {
  /// All rows but empty ones, with their line numbers from 1. Spaces around a field are dropped.
  static func rows(_ file: MappedFile) throws(FileError) -> [(line: Int, fields: [String])] {
    var bytes = unsafe file.bytes[...]
    if unsafe bytes.starts(with: [0xef, 0xbb, 0xbf]) { unsafe bytes = bytes.dropFirst(3) }
    var rows: [(line: Int, fields: [String])] = []
    let lines = unsafe bytes.split(separator: 10, omittingEmptySubsequences: false)
    for number in unsafe lines.indices {
      let line = unsafe lines[number]
      guard unsafe !line.allSatisfy({ $0 == 13 || $0 == 32 }) else { continue }
      guard let fields = unsafe fields(line) else {
        throw FileError(
          .badData, file: file.path, field: "line \(number + 1)",
          found: "a quote that does not end, or bytes that are not UTF-8",
          wanted: "comma-separated values", advice: "Correct the line.")
      }
      rows.append((number + 1, fields))
    }
    return rows
  }

  private static func fields(_ line: Slice<UnsafeRawBufferPointer>) -> [String]? {
    guard let text = unsafe String(validating: line, as: UTF8.self) else { return nil }
    var (fields, field, isQuoted, wasQuote) = ([String](), String.UnicodeScalarView(), false, false)
    for scalar in text.unicodeScalars where scalar != "\r" {
      if scalar == "\"" {
        if wasQuote { field.append(scalar) }
        wasQuote = isQuoted
        isQuoted.toggle()
        continue
      }
      wasQuote = false
      if scalar == "," && !isQuoted {
        fields.append(trimmed(field))
        field.removeAll()
      } else {
        field.append(scalar)
      }
    }
    return isQuoted ? nil : fields + [trimmed(field)]
  }

  private static func trimmed(_ field: String.UnicodeScalarView) -> String {
    var rest = Substring(String(field))
    while rest.first == " " { rest.removeFirst() }
    while rest.last == " " { rest.removeLast() }
    return String(rest)
  }
}
