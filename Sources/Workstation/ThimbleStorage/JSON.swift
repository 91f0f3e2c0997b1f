/// A JSON value (RFC 8259) of a header that may be hostile: no name twice, no number that does not fit, little nesting.
package enum JSON: Equatable, Sendable {
  case object([String: JSON])
  case array([JSON])
  case text(String)
  /// A number without fraction and exponent.
  case integer(Int)
  /// Other numbers, true, false and null: they stand in no file of ours.
  case other

  /// What is wrong with a text, and where.
  package struct Fault: Error, Equatable {
    /// Offset of the byte.
    package var at: Int
    package var found: String
    /// The name, if an object has it twice.
    package var twice: String?
  }

  private static let deepest = 16

  /// Parses a whole text in UTF-8.
  package init(_ bytes: UnsafeRawBufferPointer) throws(Fault) {
    var reader = unsafe Reader(bytes: bytes)
    self = try reader.value(depth: 0)
    reader.skipSpace()
    guard reader.at == bytes.count else { throw reader.fault("more text after the end") }
  }

  /// A text in quotes. Characters beyond ASCII stay as they are.
  package static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      case "\r": result += "\\r"
      case ..<" ":
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }

  /// The text of the value. Names are sorted by their bytes, nothing is spaced: equal values give equal bytes.
  package var serialized: String {
    switch self {
    case .text(let text): return Self.quoted(text)
    case .integer(let number): return String(number)
    case .array(let elements): return "[\(elements.map(\.serialized).joined(separator: ","))]"
    case .object(let members):
      let sorted = members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
      return "{\(sorted.map { "\(Self.quoted($0.key)):\($0.value.serialized)" }.joined(separator: ","))}"
    case .other: return "null"
    }
  }
}

extension JSON {
  @safe private struct Reader {
    let bytes: UnsafeRawBufferPointer
    var at = 0

    func fault(_ found: String) -> Fault { Fault(at: at, found: found) }

    var next: UInt8? { unsafe at < bytes.count ? bytes[at] : nil }

    mutating func skipSpace() {
      while let byte = next, byte == 32 || (9...10).contains(byte) || byte == 13 { at += 1 }
    }

    mutating func take(_ byte: Character) -> Bool {
      skipSpace()
      guard next == byte.asciiValue else { return false }
      at += 1
      return true
    }

    mutating func value(depth: Int) throws(Fault) -> JSON {
      guard depth < JSON.deepest else { throw fault("deeper nesting than \(JSON.deepest)") }
      if take("{") { return .object(try members(depth: depth + 1)) }
      if take("[") { return .array(try elements(depth: depth + 1)) }
      if take("\"") { return .text(try text()) }
      return try word()
    }

    mutating func members(depth: Int) throws(Fault) -> [String: JSON] {
      var members: [String: JSON] = [:]
      if take("}") { return members }
      repeat {
        guard take("\"") else { throw fault("no name") }
        let name = try text()
        guard take(":") else { throw fault("no colon") }
        let former = members.updateValue(try value(depth: depth), forKey: name)
        guard former == nil else { throw Fault(at: at, found: "\"\(name)\" twice", twice: name) }
      } while take(",")
      guard take("}") else { throw fault("an object that does not end") }
      return members
    }

    mutating func elements(depth: Int) throws(Fault) -> [JSON] {
      var elements: [JSON] = []
      if take("]") { return elements }
      repeat { elements.append(try value(depth: depth)) } while take(",")
      guard take("]") else { throw fault("an array that does not end") }
      return elements
    }

    /// A number, true, false or null.
    mutating func word() throws(Fault) -> JSON {
      let start = at
      while let byte = next, !" \t\r\n,:[]{}\"".utf8.contains(byte) { at += 1 }
      let word = unsafe String(decoding: bytes[start..<at], as: UTF8.self)
      if ["true", "false", "null"].contains(word) { return .other }
      let digits = word.hasPrefix("-") ? word.dropFirst() : word[...]
      guard let isWhole = Self.isWholeNumber(Array(digits.utf8)) else { throw fault("no value") }
      if isWhole, let number = Int(word) { return .integer(number) }
      guard !isWhole, Double(word)?.isFinite == true else { throw fault("the number \(word.prefix(40))") }
      return .other
    }

    /// Whether digits after a sign are a whole number or one with a fraction or an exponent; nil if they are no number (RFC 8259,
    /// section 6). By bytes: a header may hold hundreds of thousands.
    private static func isWholeNumber(_ digits: [UInt8]) -> Bool? {
      var at = 0
      func run() -> Int {
        let start = at
        while at < digits.count, (48...57).contains(digits[at]) { at += 1 }
        return at - start
      }
      let leading = digits.first
      let whole = run()
      guard whole == 1 || whole > 1 && leading != 48 else { return nil }
      if at == digits.count { return true }
      if digits[at] == UInt8(ascii: ".") {
        at += 1
        if run() == 0 { return nil }
      }
      if at < digits.count, digits[at] | 32 == UInt8(ascii: "e") {
        at += 1
        if at < digits.count, digits[at] == UInt8(ascii: "+") || digits[at] == UInt8(ascii: "-") { at += 1 }
        if run() == 0 { return nil }
      }
      return at == digits.count ? false : nil
    }

    /// What follows an opening quote.
    mutating func text() throws(Fault) -> String {
      var units: [UInt8] = []
      while let byte = next, byte != UInt8(ascii: "\"") {
        guard byte >= 32 else { throw fault("a control character") }
        at += 1
        if byte == UInt8(ascii: "\\") { units += Array(String(try escaped()).utf8) } else { units.append(byte) }
      }
      guard next != nil else { throw fault("a text that does not end") }
      at += 1
      guard let text = String(validating: units, as: UTF8.self) else { throw fault("bytes that are not UTF-8") }
      return text
    }

    /// What follows a backslash.
    mutating func escaped() throws(Fault) -> Unicode.Scalar {
      guard let byte = next else { throw fault("a text that does not end") }
      at += 1
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
      case UInt8(ascii: "b"): return "\u{8}"
      case UInt8(ascii: "f"): return "\u{c}"
      case UInt8(ascii: "n"): return "\n"
      case UInt8(ascii: "r"): return "\r"
      case UInt8(ascii: "t"): return "\t"
      case UInt8(ascii: "u"):
        var code = try hexadecimal()
        if (0xd800..<0xdc00).contains(code), next == UInt8(ascii: "\\") {
          at += 1
          guard next == UInt8(ascii: "u") else { throw fault("half a surrogate pair") }
          at += 1
          let low = try hexadecimal()
          guard (0xdc00..<0xe000).contains(low) else { throw fault("half a surrogate pair") }
          code = 0x10000 + (code - 0xd800) << 10 + (low - 0xdc00)
        }
        guard let scalar = Unicode.Scalar(code) else { throw fault("half a surrogate pair") }
        return scalar
      default: throw fault("an unknown escape")
      }
    }

    mutating func hexadecimal() throws(Fault) -> UInt32 {
      guard unsafe at + 4 <= bytes.count else { throw fault("a text that does not end") }
      let digits = unsafe String(decoding: bytes[at..<(at + 4)], as: UTF8.self)
      guard digits.allSatisfy({ $0.isASCII && $0.isHexDigit }), let code = UInt32(digits, radix: 16) else {
        throw fault("an unknown escape")
      }
      at += 4
      return code
    }
  }
}
