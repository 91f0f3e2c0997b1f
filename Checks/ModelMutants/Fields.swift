import Thimble

/// A little-endian number of a header or a record.
struct Field {
  var offset: Int, byteCount: Int
}

/// The bytes of a mutant in the making: not yet in a block of their own, and of any size.
typealias Bytes = [UInt8]

extension Array where Element == UInt8 {
  /// A number; 0 where the bytes end before it.
  func number(_ field: Field) -> UInt64 {
    guard field.offset + field.byteCount <= count else { return 0 }
    var value: UInt64 = 0
    for i in (0..<field.byteCount).reversed() { value = value << 8 | UInt64(self[field.offset + i]) }
    return value
  }

  /// Writes a number, its low bytes, if there is room for it.
  mutating func set(_ field: Field, _ value: UInt64) {
    guard field.offset + field.byteCount <= count else { return }
    for i in 0..<field.byteCount { self[field.offset + i] = UInt8(truncatingIfNeeded: value >> UInt64(8 * i)) }
  }

  /// What the header says, at most 16: how many records there are to change.
  var layerCount: Int { Int(Swift.min(number(Field.layerCount), 16)) }
}

// The places as format.md lists them, written down here a second time: a mutant is to lie about the right bytes even if the
// reader looks at the wrong ones.
extension Field {
  static let minorVersion = Field(offset: 10, byteCount: 2)
  static let fileByteCount = Field(offset: 16, byteCount: 8)
  static let layerCount = Field(offset: 44, byteCount: 4)
  static let arenaImage = Field(offset: 56, byteCount: 8)

  /// All fields of the header, reserved bytes too.
  static let header: [Field] =
    [Field(offset: 8, byteCount: 2), minorVersion, Field(offset: 12, byteCount: 4), fileByteCount]
    + stride(from: 24, to: 48, by: 4).map { Field(offset: $0, byteCount: 4) }
    + stride(from: 48, to: 128, by: 8).map { Field(offset: $0, byteCount: 8) }

  /// All fields of a layer's record.
  static func record(_ layer: Int) -> [Field] {
    stride(from: 0, to: 64, by: 4).map { word($0, layer) } + stride(from: 64, to: 112, by: 8).map { long($0, layer) }
      + [stripRows(layer), rowsHeld(layer), long(120, layer)]
  }

  static func word(_ offset: Int, _ layer: Int) -> Field { Field(offset: 128 * (layer + 1) + offset, byteCount: 4) }
  static func long(_ offset: Int, _ layer: Int) -> Field { Field(offset: 128 * (layer + 1) + offset, byteCount: 8) }

  static func schedule(_ layer: Int) -> Field { word(60, layer) }
  static func inputOffset(_ layer: Int) -> Field { long(64, layer) }
  static func outputOffset(_ layer: Int) -> Field { long(72, layer) }
  static func stripRows(_ layer: Int) -> Field { word(112, layer) }
  static func rowsHeld(_ layer: Int) -> Field { word(116, layer) }

  /// Places and byte counts, in the arena and in the file.
  static func offsets(layerCount: Int) -> [Field] {
    stride(from: 48, to: 96, by: 8).map { Field(offset: $0, byteCount: 8) } + [fileByteCount]
      + (0..<layerCount).flatMap { layer in stride(from: 64, to: 112, by: 8).map { long($0, layer) } }
  }
}

extension Dice {
  /// A field of the header or of a record.
  mutating func field(of bytes: Bytes) -> Field {
    let place = below(bytes.layerCount + 1)
    return pick(place == 0 ? Field.header : Field.record(place - 1))
  }

  /// A number that is likely to be wrong in an interesting way, in the place of `field`.
  mutating func number(for field: Field, in bytes: Bytes) -> UInt64 {
    let old = bytes.number(field)
    let steps: [UInt64] = [
      1, 2, 3, 4, 15, 16, 17, 63, 64, 65, 127, 128, 255, 256, 1023, 1024, 1025, 4095, 4096, 65_536,
    ]
    switch below(8) {
    case 0: return pick([0] + steps)
    case 1: return old &+ pick(steps)
    case 2: return old &- pick(steps)
    case 3: return UInt64(1) << UInt64(below(64)) &+ pick([0, UInt64.max, 64, UInt64.max - 63])
    case 4: return UInt64.max &- pick([0] + steps)
    case 5: return bytes.number(self.field(of: bytes))
    case 6: return UInt64(bytes.count) &+ pick([0, 1, UInt64.max, 64, UInt64.max - 63])
    default: return once(in: 2) ? pick([old << 1, old >> 1, ~old, 0 &- old]) : long()
    }
  }
}
