/// Bytes of a word of the command line or of a file.
typealias Text = UnsafeBufferPointer<UInt8>
/// A text with a zero byte at its end, as the kernel takes paths.
typealias Path = UnsafePointer<CChar>

extension UnsafeBufferPointer<UInt8> {
  /// All of a text that ends with a zero byte.
  @inline(never)
  init(_ start: Path) {
    var count = 0
    while start[count] != 0 { count += 1 }
    self.init(start: UnsafeRawPointer(start).assumingMemoryBound(to: UInt8.self), count: count)
  }

  init(_ text: StaticString) { self.init(start: text.utf8Start, count: text.utf8CodeUnitCount) }

  /// The part after this many bytes.
  func behind(_ count: Int) -> Text { Text(rebasing: self[count...]) }

  @inline(never)
  func equals(_ other: StaticString) -> Bool { count == other.utf8CodeUnitCount && hasPrefix(other) }

  func hasPrefix(_ other: StaticString) -> Bool { hasPrefix(Text(other)) }

  @inline(never)
  func hasPrefix(_ other: Text) -> Bool {
    if count < other.count { return false }
    for i in 0..<other.count where self[i] != other[i] { return false }
    return true
  }

  func has(_ byte: UInt8) -> Bool { last(byte) != nil }

  /// Where a byte stands last.
  func last(_ byte: UInt8) -> Int? {
    var at = count - 1
    while at >= 0 && self[at] != byte { at -= 1 }
    return at < 0 ? nil : at
  }

  /// What follows the last dot of a file's name; nothing where it has none, or begins with it.
  var ending: Text {
    let name = behind((last(UInt8(ascii: "/")) ?? -1) + 1)
    guard let dot = name.last(UInt8(ascii: ".")), dot > 0 else { return name.behind(name.count) }
    return name.behind(dot + 1)
  }
}
