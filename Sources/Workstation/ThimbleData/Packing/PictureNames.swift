import ThimbleStorage

/// The names by which a table may call pictures.
struct PictureNames {
  /// The ways to call a picture, in the order in which they are tried.
  enum Kind: CaseIterable {
    /// Its path within its input.
    case path
    /// The last part of its path; a table may have other folders before it.
    case baseName
    /// The same without what follows the last dot.
    case stem
    /// Its place in the order of packing, from 0.
    case number
  }

  /// A way that fits: the place of each picture by what the table calls it.
  struct Way {
    var places: [String: Int]
  }

  let kinds: [Kind]
  private let entries: [ImageEntry]
  /// What each kind calls the pictures; nil where two have one name.
  private let places: [Kind: [String: Int]]

  init(_ entries: [ImageEntry], isNumbered: Bool) {
    // A number could as well be a line's: it names a picture only where nothing else does.
    kinds = isNumbered ? [.number] : [.path, .baseName, .stem]
    self.entries = entries
    places = Dictionary(
      uniqueKeysWithValues: kinds.map { kind in
        let names = entries.indices.map { Self.name(entries[$0], $0, kind) }
        return (kind, Dictionary(zip(names, names.indices), uniquingKeysWith: { first, _ in first }))
      })
  }

  /// Whether a field names a picture in one of the ways.
  func names(_ field: String) -> Bool {
    let field = Self.cleaned(field)
    return kinds.contains { places[$0]![$0 == .baseName ? Path.baseName(field) : field] != nil }
  }

  /// A path as other systems write it.
  static func cleaned(_ field: String) -> String {
    var field = field.utf8.contains(0x5c) ? field.replacing("\\", with: "/") : field
    while field.hasPrefix("./") { field.removeFirst(2) }
    return field
  }

  private static func name(_ entry: ImageEntry, _ number: Int, _ kind: Kind) -> String {
    switch kind {
    case .path: entry.name
    case .baseName: Path.baseName(entry.name)
    case .stem: Path.stem(Path.baseName(entry.name))
    case .number: String(number)
    }
  }

  /// How many pictures the fields name in this way; and the way, if those are all and no two are called the same.
  func matches(_ kind: Kind, _ fields: some Sequence<String>) -> (found: Int, way: Way?) {
    let wanted = places[kind]!
    var found: [String: Int] = [:]
    for field in fields {
      let cleaned = Self.cleaned(field)
      if let place = wanted[kind == .baseName ? Path.baseName(cleaned) : cleaned] { found[cleaned] = place }
    }
    let named = Set(found.values).count
    let isWhole = named == entries.count && (kind != .baseName || found.count == named)
    return (named, isWhole ? Way(places: found) : nil)
  }

  /// The way in which the fields name all pictures. Throws what is wrong with the one that comes nearest.
  func way(_ fields: [String], _ path: String) throws(FileError) -> Way {
    var best: (found: Int, kind: Kind) = (0, kinds[0])
    for kind in kinds {
      let (found, way) = matches(kind, fields)
      if let way { return way }
      if found > best.found { best = (found, kind) }
    }
    func bad(_ field: String, _ found: String, _ wanted: String) -> FileError {
      DelimitedTable.bad(path, field, found, wanted)
    }
    let example = Self.name(entries[0], 0, kinds[0])
    guard best.found > 0 else {
      throw bad(
        "names of pictures", "none of them; the last line says \(fields.last ?? "nothing")",
        kinds == [.number] ? "numbers from 0, in the order of packing" : "names such as \(example)")
    }
    let names = entries.indices.map { Self.name(entries[$0], $0, best.kind) }
    var seen: Set<String> = []
    if let twice = names.first(where: { !seen.insert($0).inserted }) {
      throw bad("names of pictures", "\(twice), the name of several pictures", "paths such as \(example): one for each")
    }
    let said = Set(fields.map { best.kind == .baseName ? Path.baseName(Self.cleaned($0)) : Self.cleaned($0) })
    guard let missing = names.firstIndex(where: { !said.contains($0) }) else {
      throw bad("names of pictures", "two paths that end in the same name", "paths such as \(example)")
    }
    throw bad(
      "label of \(entries[missing].name)", "none",
      "a label for each of \(entries.count) pictures; \(best.found) have one")
  }
}
