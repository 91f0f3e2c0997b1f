import SamplerSupport

extension TensorTable {
  /// Reads a header: an object of tensors, each of `dtype`, `shape` and `data_offsets`, and of `__metadata__`.
  static func read(_ header: Text, _ path: Path) throws(Refusal) -> TensorTable {
    var reader = TensorHeader(bytes: header, path: path)
    var table = try TensorTable(path)
    try reader.take("{")
    if reader.has("}") { return try reader.end(table) }
    repeat {
      let name = try reader.name()
      try reader.take(":")
      if name.equals("__metadata__") {
        try reader.skipMetadata()
      } else {
        try table.append(try reader.tensor(name))
      }
    } while reader.has(",")
    try reader.take("}")
    return try reader.end(table)
  }
}

/// Reads the JSON (RFC 8259) of a header, as strictly as the format is: no name with an escape, no other value than the format
/// has. Nothing nests deeper than an array in an object in an object.
private struct TensorHeader {
  let bytes: Text
  let path: Path
  private var at = 0

  init(bytes: Text, path: Path) { (self.bytes, self.path) = (bytes, path) }

  @inline(never)
  private func fault(_ wanted: StaticString) -> Refusal {
    let found = at < bytes.count ? Text(rebasing: bytes[at..<(at + 1)]) : Text("the end")
    return Safetensors.bad("\(path: path): header, byte \(at): found \(found), wanted \(wanted)")
  }

  private mutating func skipSpace() {
    while at < bytes.count, bytes[at] == 32 || bytes[at] == 9 || bytes[at] == 10 || bytes[at] == 13 { at += 1 }
  }

  /// Moves past this character if it is next.
  @inline(never)
  mutating func has(_ character: StaticString) -> Bool {
    skipSpace()
    guard at < bytes.count, bytes[at] == character.utf8Start[0] else { return false }
    at += 1
    return true
  }

  @inline(never)
  mutating func take(_ character: StaticString) throws(Refusal) {
    if !has(character) { throw fault(character) }
  }

  func end(_ table: TensorTable) throws(Refusal) -> TensorTable {
    var rest = self
    rest.skipSpace()
    if rest.at < bytes.count { throw rest.fault("nothing more") }
    return table
  }

  /// A text in quotes without escapes.
  @inline(never)
  mutating func name() throws(Refusal) -> Text {
    try take("\"")
    let start = at
    while at < bytes.count, bytes[at] != 34 {
      if bytes[at] < 32 || bytes[at] == 92 { throw fault("a name without escapes") }
      at += 1
    }
    let text = Text(rebasing: bytes[start..<at])
    try take("\"")
    return text
  }

  /// An object of texts, which may have escapes.
  @inline(never)
  mutating func skipMetadata() throws(Refusal) {
    try take("{")
    if has("}") { return }
    repeat {
      try skipText()
      try take(":")
      try skipText()
    } while has(",")
    try take("}")
  }

  @inline(never)
  private mutating func skipText() throws(Refusal) {
    try take("\"")
    while at < bytes.count, bytes[at] != 34 {
      if bytes[at] < 32 { throw fault("a text") }
      at += 1
      if bytes[at - 1] != 92 { continue }
      // An escape; the four digits after \u pass as text.
      guard at < bytes.count, Text("\"\\/bfnrtu").has(bytes[at]) else { throw fault("an escape of JSON") }
      at += 1
    }
    try take("\"")
  }

  @inline(never)
  mutating func tensor(_ name: Text) throws(Refusal) -> Tensor {
    var tensor = Tensor()
    tensor.name = name
    // One bit for each of the three members.
    var seen = 0
    try take("{")
    repeat {
      let member = try self.name()
      try take(":")
      let bit = member.equals("dtype") ? 1 : member.equals("shape") ? 2 : member.equals("data_offsets") ? 4 : 0
      if bit == 0 || seen & bit != 0 { throw fault("one dtype, one shape, one data_offsets") }
      seen |= bit
      switch bit {
      case 1: try type(&tensor)
      case 2: try shape(&tensor)
      default: try offsets(&tensor)
      }
    } while has(",")
    try take("}")
    if seen != 7 { throw fault("dtype, shape and data_offsets") }
    return tensor
  }

  private mutating func type(_ tensor: inout Tensor) throws(Refusal) {
    let type = try name()
    tensor.isF32 = type.equals("F32")
    tensor.elementByteCount =
      tensor.isF32 || type.equals("I32")
      ? 4 : type.equals("U8") ? 1 : type.equals("I16") ? 2 : type.equals("I64") || type.equals("U64") ? 8 : 0
    if tensor.elementByteCount == 0 {
      throw Safetensors.bad(
        "\(path: path): \(tensor.name): dtype: found \(type), wanted one of U8, I16, I32, I64, U64, F32")
    }
  }

  private mutating func shape(_ tensor: inout Tensor) throws(Refusal) {
    tensor.elementCount = 1
    try take("[")
    if has("]") { return }
    repeat {
      let side = try number()
      if tensor.dimensions == 0 { tensor.shape.0 = side }
      if tensor.dimensions == 1 { tensor.shape.1 = side }
      tensor.dimensions += 1
      let (product, overflow) = (tensor.elementCount ?? .max).multipliedReportingOverflow(by: side)
      tensor.elementCount = overflow || tensor.elementCount == nil ? nil : product
    } while has(",")
    try take("]")
  }

  private mutating func offsets(_ tensor: inout Tensor) throws(Refusal) {
    try take("[")
    tensor.begin = try number()
    try take(",")
    tensor.end = try number()
    try take("]")
  }

  /// A whole number from 0, without zeros in front.
  @inline(never)
  private mutating func number() throws(Refusal) -> UInt64 {
    skipSpace()
    let start = at
    while at < bytes.count, bytes[at] >= 48, bytes[at] <= 57 { at += 1 }
    let digits = Text(rebasing: bytes[start..<at])
    guard let number = Decimal.number(digits), digits.count == 1 || digits[0] != 48 else {
      at = start
      throw fault("a whole number from 0, at most 64 bits")
    }
    return number
  }
}
