/// The fields of a JSON object from a file that may be hostile, each taken once; what is left at the end is unknown.
package struct JSONFields {
  private var members: [String: JSON]
  /// Where the object stands: "data.", "steps[2]."; empty for the outermost one.
  private let place: String
  private let file: String
  private let advice: String

  /// The fields of `value`, which must be an object.
  /// - Parameters:
  ///   - name: what the object is, for messages.
  ///   - advice: what to do about a file that is wrong.
  package init(_ value: JSON, of name: String, file: String, advice: String) throws(FileError) {
    try self.init(value, name, place: "", file, advice)
  }

  private init(
    _ value: JSON, _ name: String, place: String, _ file: String, _ advice: String
  ) throws(FileError) {
    guard case .object(let members) = value else {
      throw FileError(
        .badData, file: file, field: name, found: Self.shown(value), wanted: "a JSON object", advice: advice)
    }
    self.members = members
    self.place = place
    self.file = file
    self.advice = advice
  }

  /// The object that stands at `name` within this one.
  package func nested(_ value: JSON, _ name: String) throws(FileError) -> JSONFields {
    try JSONFields(value, place + name, place: place + name + ".", file, advice)
  }

  /// Whether the field is there.
  package func has(_ name: String) -> Bool { members[name] != nil }

  /// The refusal of a field. `present`: say "something" where its value was taken already.
  package func bad(_ name: String, _ wanted: String, present: Bool? = nil) -> FileError {
    let found = present.map { $0 ? "one" : "nothing" } ?? members[name].map(Self.shown) ?? "nothing"
    return FileError(.badData, file: file, field: place + name, found: found, wanted: wanted, advice: advice)
  }

  /// A value as messages show it.
  private static func shown(_ value: JSON) -> String {
    if case .other = value { return "a fraction, true, false or null" }
    let text = value.serialized
    return text.utf8.count <= 80 ? text : "\(text.prefix(60))..."
  }

  private mutating func taken<Value>(
    _ name: String, wanted: String, _ convert: (JSON) -> Value?
  ) throws(FileError) -> Value {
    guard let value = members[name].flatMap(convert) else { throw bad(name, wanted) }
    members[name] = nil
    return value
  }

  /// A text for which `check` holds.
  @discardableResult
  package mutating func text(
    _ name: String, wanted: String, _ check: (String) -> Bool
  ) throws(FileError) -> String {
    try taken(name, wanted: wanted) { if case .text(let text) = $0, check(text) { text } else { nil } }
  }

  /// Any text, if the field is there.
  package mutating func optionalText(_ name: String) throws(FileError) -> String? {
    has(name) ? try text(name, wanted: "a text") { _ in true } : nil
  }

  /// A list of texts, not empty, for which `check` holds; empty if the field is not there.
  package mutating func optionalTexts(
    _ name: String, wanted: String, _ check: (String) -> Bool
  ) throws(FileError) -> [String] {
    guard has(name) else { return [] }
    return try taken(name, wanted: wanted) {
      guard case .array(let elements) = $0, !elements.isEmpty else { return nil }
      let texts = elements.compactMap { if case .text(let text) = $0, check(text) { text } else { nil } }
      return texts.count == elements.count ? texts : nil
    }
  }

  /// A whole number in a range.
  package mutating func number(_ name: String, _ range: ClosedRange<Int>) throws(FileError) -> Int {
    try taken(name, wanted: "a whole number, \(range.lowerBound) to \(range.upperBound)") {
      if case .integer(let number) = $0, range.contains(number) { number } else { nil }
    }
  }

  /// A SHA-256: 64 lower-case hexadecimal digits.
  package mutating func digest(_ name: String) throws(FileError) -> String {
    try text(name, wanted: "64 lower-case hexadecimal digits", Digest.isHexadecimal)
  }

  /// The same, if the field is there.
  package mutating func optionalDigest(_ name: String) throws(FileError) -> String? {
    has(name) ? try digest(name) : nil
  }

  /// The elements of a list.
  package mutating func array(_ name: String) throws(FileError) -> [JSON] {
    try taken(name, wanted: "a list") { if case .array(let elements) = $0 { elements } else { nil } }
  }

  /// The fields of an object.
  package mutating func object(_ name: String) throws(FileError) -> JSONFields {
    guard let value = members[name] else { throw bad(name, "a JSON object") }
    members[name] = nil
    return try nested(value, name)
  }

  /// The same, if the field is there.
  package mutating func optionalObject(_ name: String) throws(FileError) -> JSONFields? {
    has(name) ? try object(name) : nil
  }

  /// Refuses fields that nobody took.
  package func refuseRest() throws(FileError) {
    guard let name = members.keys.sorted().first else { return }
    throw FileError(
      .badData, file: file, field: place + name, found: "an unknown field", wanted: "no field of this name",
      advice: advice)
  }
}

extension Digest {
  /// Whether a text is what `hexadecimal` makes.
  package static func isHexadecimal(_ text: String) -> Bool {
    text.utf8.count == 64 && text.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
  }
}
