/// Whole numbers as users and files write them: digits 0 to 9 and nothing else.
package enum Decimal {
  /// The number of a text; nil for another text, an empty one, or a number of more than 64 bits.
  @inline(never)
  package static func number(_ text: UnsafeBufferPointer<UInt8>) -> UInt64? {
    var number: UInt64 = 0
    for i in 0..<text.count {
      let byte = unsafe text[i]
      guard byte >= 48, byte <= 57 else { return nil }
      let (product, overflow) = number.multipliedReportingOverflow(by: 10)
      let (sum, carry) = product.addingReportingOverflow(UInt64(byte - 48))
      if overflow || carry { return nil }
      number = sum
    }
    return text.isEmpty ? nil : number
  }
}

/// A text of at most 120 bytes that takes no memory of its own; what is beyond them is cut off.
package struct ShortText: Sendable {
  private var room = InlineArray<120, UInt8>(repeating: 0)
  /// How many bytes it has.
  package private(set) var count = 0

  /// An empty text.
  package init() {}

  /// A number, with zeros in front so that it has at least so many digits.
  @inline(never)
  package init(_ number: UInt64, digits: Int = 1) {
    var places: UInt64 = 1
    var length = 1
    while number / places >= 10 || length < digits {
      places *= 10
      length += 1
    }
    while places > 0 {
      append(UInt8(truncatingIfNeeded: 48 + number / places % 10))
      places /= 10
    }
  }

  /// One of the bytes.
  package subscript(_ index: Int) -> UInt8 { room[index] }

  @inline(never)
  package mutating func append(_ byte: UInt8) {
    if count == 120 { return }
    room[count] = byte
    count += 1
  }

  @inline(never)
  package mutating func append(_ text: StaticString) {
    for i in 0..<text.utf8CodeUnitCount { unsafe append(text.utf8Start[i]) }
  }

  @inline(never)
  package mutating func append(_ text: ShortText) {
    for i in 0..<text.count { append(text[i]) }
  }

  /// Lends the bytes.
  package func withBytes<Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Void
  ) throws(Failure) {
    let room = room.span
    try unsafe room.withUnsafeBytes { bytes throws(Failure) in
      try unsafe body(UnsafeRawBufferPointer(start: bytes.baseAddress, count: count))
    }
  }
}
