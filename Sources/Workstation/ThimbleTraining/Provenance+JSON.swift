import ThimbleStorage

extension Provenance {
  /// The text of the file: the fields in the order of need, one a line, the same text for the same recording.
  package var json: String {
    var fields = [
      ("format", JSON.text(Self.format)), ("arithmetic", .integer(arithmetic)), ("recipe", .text(recipe)),
    ].map { "\"\($0.0)\": \($0.1.serialized)" }
    fields.append("\"data\": {\n\(Self.lines(data.fields, indent: 4))\n  }")
    let rows = steps.map { "    {\"step\": \($0.step), \"digest\": \(JSON.quoted($0.digest))}" }
    fields.append("\"steps\": [\n\(rows.joined(separator: ",\n"))\n  ]")
    if let export { fields.append("\"export\": {\n\(Self.lines(export.fields, indent: 4))\n  }") }
    if let generator { fields.append("\"generator\": \(JSON.quoted(generator))") }
    if let golden { fields.append("\"golden\": \(JSON.quoted(golden))") }
    if let networks { fields.append("\"networks\": \(JSON.quoted(networks))") }
    return "{\n" + fields.map { "  " + $0 }.joined(separator: ",\n") + "\n}\n"
  }

  private static func lines(_ fields: [(String, String)], indent: Int) -> String {
    fields.map { String(repeating: " ", count: indent) + "\"\($0.0)\": \($0.1)" }.joined(separator: ",\n")
  }

  /// Reads and checks the file at `path`, which may hold anything. Throws `missing`, `inputOutput` or `badData`.
  package init(path: String) throws(FileError) {
    let file = try MappedFile(path: path)
    defer { withExtendedLifetime(file) {} }
    let advice = "Compare it with a provenance.json under weights/, or make it again with `thimble reproduce --record`."
    guard unsafe file.bytes.count <= 1 << 20 else {
      throw FileError(
        .badData, file: path, field: "size", found: unsafe "\(file.bytes.count) bytes", wanted: "at most 1 MB",
        advice: advice)
    }
    let value = try unsafe JSON(file.bytes, file: path, advice: advice)
    var fields = try JSONFields(value, of: "provenance", file: path, advice: advice)
    try fields.text("format", wanted: "\"\(Self.format)\"") { $0 == Self.format }
    let arithmetic = try fields.number("arithmetic", 1...1_000_000)
    let recipe = try fields.digest("recipe")
    self.init(recipe: recipe, data: try DataOrigin(try fields.object("data")))
    self.arithmetic = arithmetic
    steps = try Self.steps(&fields)
    export = try fields.optionalObject("export").map { fields throws(FileError) in try Export(fields) }
    generator = try fields.optionalDigest("generator")
    golden = try fields.optionalDigest("golden")
    networks = try fields.optionalDigest("networks")
    guard (export == nil) == (generator == nil) else {
      throw fields.bad(
        "generator", "both the generator and its export arguments, or neither", present: generator != nil)
    }
    guard golden == nil || generator != nil else {
      throw fields.bad("golden", "none without a generator", present: true)
    }
    guard networks == nil || generator != nil else {
      throw fields.bad("networks", "none without a generator", present: true)
    }
    try fields.refuseRest()
  }

  private static func steps(_ fields: inout JSONFields) throws(FileError) -> [Step] {
    var steps: [Step] = []
    for element in try fields.array("steps") {
      var entry = try fields.nested(element, "steps[\(steps.count)]")
      let step = try entry.number("step", 1...1 << 32)
      if let last = steps.last, last.step >= step {
        throw entry.bad("step", "more than \(last.step), the previous step")
      }
      steps.append(Step(step: step, digest: try entry.digest("digest")))
      try entry.refuseRest()
    }
    return steps
  }
}

extension Provenance.DataOrigin {
  fileprivate var fields: [(String, String)] {
    var fields = [("digest", JSON.quoted(digest)), ("name", JSON.quoted(name))]
    if let licence { fields.append(("licence", JSON.quoted(licence))) }
    if let package {
      fields += [("package", JSON.quoted(package.name)), ("version", JSON.quoted(package.version))]
    }
    if !files.isEmpty { fields.append(("files", JSON.array(files.map(JSON.text)).serialized)) }
    return fields
  }

  fileprivate init(_ object: JSONFields) throws(FileError) {
    var fields = object
    let digest = try fields.digest("digest")
    let name = try fields.text("name", wanted: "a name") { !$0.isEmpty }
    self.init(digest: digest, name: name, licence: try fields.optionalText("licence"))
    if fields.has("package") || fields.has("version") {
      // Debian policy, 5.6.1 and 5.6.12: nothing that begins with a dash gets to dpkg-query.
      let package = try fields.text("package", wanted: "the name of a Debian package") {
        let plain = $0.utf8.allSatisfy { Self.isLowerOrDigit($0) || "+.-".utf8.contains($0) }
        return plain && $0.utf8.count >= 2 && Self.isLowerOrDigit($0.utf8.first!)
      }
      let version = try fields.text("version", wanted: "a version") {
        !$0.isEmpty && $0.utf8.allSatisfy { (33...126).contains($0) }
      }
      self.package = Provenance.Package(name: package, version: version)
    }
    let isPackaged = package != nil
    files = try fields.optionalTexts(
      "files", wanted: isPackaged ? "absolute paths" : "names of files in this folder"
    ) { path in
      let parts = path.split(separator: "/", omittingEmptySubsequences: false)
      return !path.utf8.contains(0) && !parts.contains("..") && path.hasPrefix("/") == isPackaged && path.utf8.count > 1
    }
    if isPackaged && files.isEmpty { throw fields.bad("files", "a list of the package's files", present: false) }
    try fields.refuseRest()
  }

  private static func isLowerOrDigit(_ byte: UInt8) -> Bool { (97...122).contains(byte) || (48...57).contains(byte) }
}

extension Provenance.Export {
  fileprivate var fields: [(String, String)] {
    let fields = [("name", JSON.quoted(name)), ("weights", JSON.quoted(weights)), ("calibrate", "\(calibrate)")]
    return fields + (arena.map { [("arena", "\($0)")] } ?? [])
  }

  fileprivate init(_ object: JSONFields) throws(FileError) {
    var fields = object
    self.init(name: try fields.text("name", wanted: "a name") { !$0.isEmpty })
    weights = try fields.text("weights", wanted: "\"int8\" or \"int4\"") { ["int8", "int4"].contains($0) }
    calibrate = try fields.number("calibrate", 16...65_536)
    arena = fields.has("arena") ? try fields.number("arena", 1...1 << 30) : nil
    try fields.refuseRest()
  }
}
