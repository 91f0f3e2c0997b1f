import ThimbleStorage

/// A table in a text file: columns separated by commas (RFC 4180), semicolons, tabs or spaces. Fields may stand in double quotes; a
/// quote in them is doubled.
struct DelimitedTable {
  /// What lies between columns, in the order in which they are tried.
  enum Separator: String, CaseIterable {
    case comma = "commas"
    case semicolon = "semicolons"
    case tab = "tabs"
    case space = "spaces"

    fileprivate func separates(_ scalar: Unicode.Scalar) -> Bool {
      switch self {
      case .comma: scalar == ","
      case .semicolon: scalar == ";"
      case .tab: scalar == "\t"
      case .space: scalar == " " || scalar == "\t"
      }
    }
  }

  struct Row {
    /// From 1.
    var line: Int
    var fields: [String]
  }

  let path: String
  let separator: Separator
  /// All rows but empty ones; at least one. All have as many fields.
  private(set) var rows: [Row]

  /// Reads the table at `path`. Throws `badData` if it is no table.
  init(path: String) throws(FileError) {
    self.path = path
    guard try Path.kind(path) != .folder else {
      throw Self.bad(path, "kind of file", "a folder", "a text file with a table, such as CSV")
    }
    let lines = try Self.lines(MappedFile(path: path))
    guard !lines.isEmpty else {
      throw Self.bad(path, "lines", "none", "a line for each picture: its name, a comma, its label")
    }
    var best: (separator: Separator, fitting: Int)?
    let sample = lines.prefix(200)
    for separator in Separator.allCases {
      let rows = try Self.rows(sample, separator, path)
      let fitting = rows.count { $0.fields.count == rows.last!.fields.count && $0.fields.count > 1 }
      if fitting > best?.fitting ?? -1 { best = (separator, fitting) }
      if fitting == rows.count { break }
    }
    separator = best!.separator
    rows = try Self.rows(lines[...], separator, path)
    if separator == .space { dropListHead() }
    let count = rows.last!.fields.count
    if let other = rows.first(where: { $0.fields.count != count }) {
      throw Self.bad(
        path, "line \(other.line)", "\(other.fields.count) column\(other.fields.count == 1 ? "" : "s")",
        "\(count), as in the last line (separated by \(separator.rawValue))")
    }
  }

  /// Lists as CelebA's begin with the number of lines, and their headings leave out the column of the names.
  private mutating func dropListHead() {
    if rows.count > 1, rows[0].fields.count == 1, Int(rows[0].fields[0]) != nil { rows.removeFirst() }
    if rows.count > 1, rows[0].fields.count + 1 == rows[1].fields.count { rows[0].fields.insert("", at: 0) }
  }

  static func bad(_ path: String, _ field: String, _ found: String, _ wanted: String) -> FileError {
    FileError(
      .badData, file: path, field: field, found: found, wanted: wanted,
      advice: "Correct the table: each line holds the name of a picture, a comma, and its label.")
  }

  /// The lines that are not empty, with their numbers.
  private static func lines(_ file: MappedFile) throws(FileError) -> [(number: Int, text: Substring.UnicodeScalarView)]
  {
    let text = try text(file)
    var lines: [(number: Int, text: Substring.UnicodeScalarView)] = []
    // Old Macs ended lines by a carriage return alone.
    let end: Unicode.Scalar = text.unicodeScalars.contains("\n") ? "\n" : "\r"
    for (number, line) in text.unicodeScalars.split(separator: end, omittingEmptySubsequences: false).enumerated()
    where !line.allSatisfy({ $0.properties.isWhitespace }) {
      lines.append((number + 1, line))
    }
    return lines
  }

  /// UTF-8, or UTF-16 as spreadsheets write it, with its mark.
  private static func text(_ file: MappedFile) throws(FileError) -> String {
    defer { withExtendedLifetime(file) {} }
    let bytes = unsafe file.bytes
    for (mark, isLittle) in [([0xff, 0xfe] as [UInt8], true), ([0xfe, 0xff], false)] {
      guard unsafe bytes.starts(with: mark) else { continue }
      let units = stride(from: 2, to: bytes.count - 1, by: 2).map { (at: Int) -> UInt16 in
        let (first, second) = unsafe (UInt16(bytes[at]), UInt16(bytes[at + 1]))
        return isLittle ? second << 8 | first : first << 8 | second
      }
      return String(decoding: units, as: UTF16.self)
    }
    let start = unsafe bytes.starts(with: [0xef, 0xbb, 0xbf]) ? 3 : 0
    if unsafe bytes.prefix(1 << 16).contains(0) {
      throw bad(file.path, "content", "zero bytes, so no text", "a text file with a table, such as CSV")
    }
    if unsafe bytes[start...].first == UInt8(ascii: "{") {
      throw bad(file.path, "kind of file", "JSON", "a table, such as CSV")
    }
    guard let text = unsafe String(validating: bytes[start...], as: UTF8.self) else {
      throw FileError(
        .badData, file: file.path, field: "content", found: "bytes that are not UTF-8", wanted: "a table in UTF-8",
        advice: "Save it from the spreadsheet as \"CSV UTF-8\", or convert it with iconv -f latin1 -t utf8.")
    }
    return text
  }

  private static func rows(
    _ lines: ArraySlice<(number: Int, text: Substring.UnicodeScalarView)>, _ separator: Separator, _ path: String
  ) throws(FileError) -> [Row] {
    var rows: [Row] = []
    for line in lines {
      guard let fields = fields(line.text, separator) else {
        throw bad(path, "line \(line.number)", "a quote that does not end", "a quote at both ends of a field")
      }
      rows.append(Row(line: line.number, fields: fields))
    }
    return rows
  }

  /// The fields of a line, without the spaces around them; nil if a quote does not end.
  private static func fields(_ line: Substring.UnicodeScalarView, _ separator: Separator) -> [String]? {
    var (fields, field, isQuoted, wasQuote) = ([String](), String.UnicodeScalarView(), false, false)
    func end() {
      let text = trimmed(field)
      // Several spaces are one.
      if separator != .space || !text.isEmpty { fields.append(text) }
      field.removeAll()
    }
    for scalar in line where scalar != "\r" {
      if scalar == "\"" {
        if wasQuote { field.append(scalar) }
        wasQuote = isQuoted
        isQuoted.toggle()
        continue
      }
      wasQuote = false
      if separator.separates(scalar) && !isQuoted { end() } else { field.append(scalar) }
    }
    end()
    return isQuoted ? nil : fields
  }

  private static func trimmed(_ field: String.UnicodeScalarView) -> String {
    var rest = field[...]
    let spaces: [Unicode.Scalar] = [" ", "\t", "\u{a0}"]
    while let first = rest.first, spaces.contains(first) { rest.removeFirst() }
    while let last = rest.last, spaces.contains(last) { rest.removeLast() }
    return String(Substring(rest))
  }
}
