import ThimbleStorage

/// A table that says what each picture shows. The column that names the pictures is found by its content; the label is in the only
/// other column, or in a chosen one.
struct LabelTable {
  /// A column: its number from 0, and what it is called.
  private typealias Column = (place: Int, title: String)

  private let table: DelimitedTable
  private let chosenLabel: String?
  private let chosenImage: String?

  /// What the table says of the pictures.
  struct Result {
    /// One for each picture, in their order.
    var texts: [String]
    /// What was understood, and what was not used; a line each.
    var notes: [String]
  }

  /// Reads the table at `path`.
  /// - Parameters:
  ///   - label: the heading of the column with the labels, or its number from 1.
  ///   - image: the same of the column with the names of pictures.
  init(path: String, label: String?, image: String?) throws(FileError) {
    table = try DelimitedTable(path: path)
    (chosenLabel, chosenImage) = (label, image)
  }

  /// The label of each picture. Throws `badData` if one has none, or if it is not certain what the table says.
  /// - Parameter isNumbered: the pictures have no names but their numbers, since they come from IDX files.
  func labels(for entries: [ImageEntry], isNumbered: Bool) throws(FileError) -> Result {
    let names = PictureNames(entries, isNumbered: isNumbered)
    let header = try header(names)
    let body = table.rows.dropFirst(header == nil ? 0 : 1)
    let columns = table.rows[0].fields.indices.map { Column($0, header?[$0] ?? "") }
    if let chosenLabel { _ = try chosen(chosenLabel, columns, header) }
    let image: Column
    let way: PictureNames.Way
    if let chosenImage {
      image = try chosen(chosenImage, columns, header)
      way = try names.way(body.map { $0.fields[image.place] }, table.path)
    } else {
      (image, way) = try imageColumn(columns, body, names)
    }
    let label = try labelColumn(columns.filter { $0.place != image.place }, body, header)
    return try result(body, image: image, label: label, way.places)
  }

  /// The headings: the first line, if it names no picture or holds a chosen heading.
  private func header(_ names: PictureNames) throws(FileError) -> [String]? {
    let first = table.rows[0].fields
    let chosen = [chosenLabel, chosenImage].compactMap { $0 }
    guard table.rows.count > 1 else { return nil }
    let isChosen = chosen.contains { Int($0) == nil && first.contains($0) }
    return isChosen || !first.contains(where: names.names) ? first : nil
  }

  /// The column that a user chose, by its heading or, where there is none of that name, by its number.
  private func chosen(_ text: String, _ columns: [Column], _ header: [String]?) throws(FileError) -> Column {
    let found = header == nil ? [] : columns.filter { $0.title == text }
    if found.count == 1 { return found[0] }
    if found.isEmpty, let number = Int(text), let column = columns.first(where: { $0.place == number - 1 }) {
      return column
    }
    throw FileError(
      .badData, file: table.path, field: "columns",
      found: found.isEmpty ? "no column \"\(text)\"" : "\(found.count) columns called \"\(text)\"",
      wanted: "one of: \(Self.list(columns))",
      advice: "The columns are separated by \(table.separator.rawValue). Give a heading, or a number from 1.")
  }

  private func imageColumn(
    _ columns: [Column], _ body: ArraySlice<DelimitedTable.Row>, _ names: PictureNames
  ) throws(FileError) -> (Column, PictureNames.Way) {
    var best: (found: Int, column: Column)?
    for kind in names.kinds {
      var fitting: [(Column, PictureNames.Way)] = []
      for column in columns {
        let (found, way) = names.matches(kind, body.lazy.map { $0.fields[column.place] })
        if let way { fitting.append((column, way)) }
        if found > best?.found ?? 0 { best = (found, column) }
      }
      if fitting.count == 1 { return fitting[0] }
      guard fitting.isEmpty else {
        throw FileError(
          .badData, file: table.path, field: "columns",
          found: "\(fitting.count) columns that name the pictures: \(Self.list(fitting.map(\.0)))", wanted: "one",
          advice: "Say which one with --image-column HEADING.")
      }
    }
    // None fits: the error tells why of the column that comes nearest.
    let column = best?.column ?? columns[0]
    _ = try names.way(body.map { $0.fields[column.place] }, table.path)
    preconditionFailure("a column that fits and was not found")
  }

  private func labelColumn(
    _ columns: [Column], _ body: ArraySlice<DelimitedTable.Row>, _ header: [String]?
  ) throws(FileError) -> Column {
    if let chosenLabel { return try chosen(chosenLabel, columns, header) }
    let counting = (0..<body.count).map(String.init)
    let columns = columns.filter { column in
      let fields = body.map { $0.fields[column.place] }
      // The numbers of lines, which pandas writes under no heading; and empty columns, which spreadsheets leave.
      let isCounting = header != nil && ["", "Unnamed: 0"].contains(column.title) && fields == counting
      return !isCounting && !fields.allSatisfy(\.isEmpty)
    }
    if columns.count == 1 { return columns[0] }
    throw FileError(
      .badData, file: table.path, field: "columns",
      found: columns.isEmpty ? "only the names of pictures" : "several that could be the label: \(Self.list(columns))",
      wanted: "one with the labels",
      advice: columns.isEmpty
        ? "Add a column with the label of each picture."
        : "Say which one with --label-column HEADING, or its number from 1.")
  }

  private func result(
    _ body: ArraySlice<DelimitedTable.Row>, image: Column, label: Column, _ places: [String: Int]
  ) throws(FileError) -> Result {
    var texts = [String?](repeating: nil, count: places.count)
    var unused: [DelimitedTable.Row] = []
    for row in body {
      guard let place = places[PictureNames.cleaned(row.fields[image.place])] else {
        unused.append(row)
        continue
      }
      let text = row.fields[label.place]
      guard !text.isEmpty else {
        throw DelimitedTable.bad(
          table.path, "line \(row.line)", "an empty label", "the label of \(row.fields[image.place])")
      }
      guard texts[place] == nil || texts[place] == text else {
        throw DelimitedTable.bad(
          table.path, "line \(row.line)", "\(row.fields[image.place]) again, with another label",
          "one label for each picture")
      }
      texts[place] = text
    }
    var notes = ["labels are from \(Self.text(label)) of \(table.path), which names pictures in \(Self.text(image))"]
    if let first = unused.first {
      notes.append(
        "\(unused.count) line\(unused.count == 1 ? "" : "s") of \(table.path) name\(unused.count == 1 ? "s" : "") no picture here; "
          + "the first is line \(first.line): \(first.fields[image.place])")
    }
    return Result(texts: try plain(texts.map { $0! }, places), notes: notes)
  }

  /// Numbers as they are meant where a spreadsheet made floats of them, or wrote that one is missing.
  private func plain(_ texts: [String], _ places: [String: Int]) throws(FileError) -> [String] {
    let numbers = texts.map { text in
      text.firstRange(of: ".").map { dot in
        text[dot.upperBound...].utf8.allSatisfy { $0 == 48 } ? String(text[..<dot.lowerBound]) : text
      } ?? text
    }
    let missing = texts.firstIndex { ["nan", "na", "n/a", "null", "none", "-"].contains($0.lowercased()) }
    guard let missing else { return numbers.allSatisfy { Int32($0) != nil } ? numbers : texts }
    guard zip(numbers, texts).contains(where: { Int32($0) == nil && $1 != texts[missing] }) else {
      let name = places.first { $0.value == missing }?.key ?? "a picture"
      throw DelimitedTable.bad(table.path, "label of \(name)", texts[missing], "a number, as the others have")
    }
    return texts
  }

  private static func text(_ column: Column) -> String {
    "column \(column.place + 1)\(column.title.isEmpty ? "" : " (\(column.title))")"
  }

  private static func list(_ columns: [Column]) -> String {
    let shown = columns.prefix(45).map { $0.title.isEmpty ? "column \($0.place + 1)" : $0.title }.joined(
      separator: ", ")
    return columns.count > 45 ? "\(shown), and \(columns.count - 45) more" : shown
  }
}
