/// A program header of an ELF file: what the loader does with a part of it (System V ABI, chapter 5).
struct ProgramHeader {
  static let load: UInt64 = 1
  static let dynamic: UInt64 = 2
  static let interpreter: UInt64 = 3
  static let note: UInt64 = 4
  static let readable: UInt64 = 4

  var type: UInt64
  var flags: UInt64
  var offset: UInt64
  var address: UInt64
  var physicalAddress: UInt64
  var fileByteCount: UInt64
  var byteCount: UInt64
  var alignment: UInt64

  static func byteCount(wide: Bool) -> Int { wide ? 56 : 32 }

  /// Where the fields are, and how many bytes each has, in the order of the properties.
  private static func fields(wide: Bool) -> [(offset: Int, width: Int)] {
    wide
      ? [(0, 4), (4, 4), (8, 8), (16, 8), (24, 8), (32, 8), (40, 8), (48, 8)]
      : [(0, 4), (24, 4), (4, 4), (8, 4), (12, 4), (16, 4), (20, 4), (28, 4)]
  }

  /// A header of these numbers, in the order of the properties.
  private init(_ n: [UInt64]) {
    (type, flags, offset, address) = (n[0], n[1], n[2], n[3])
    (physicalAddress, fileByteCount, byteCount, alignment) = (n[4], n[5], n[6], n[7])
  }

  /// A segment of its own for a model.
  init(modelAt offset: UInt64, address: UInt64, byteCount: UInt64, alignment: UInt64, mark: UInt64) {
    self.init([Self.load, Self.readable, offset, address, mark, byteCount, byteCount, alignment])
  }

  /// Reads a header, which lies within the bytes.
  init(_ bytes: UnsafeRawBufferPointer, at offset: Int, wide: Bool) {
    self.init(Self.fields(wide: wide).map { unsafe bytes.number(at: offset + $0.offset, width: $0.width) })
  }

  /// The header's bytes.
  func bytes(wide: Bool) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: Self.byteCount(wide: wide))
    let numbers = [type, flags, offset, address, physicalAddress, fileByteCount, byteCount, alignment]
    for (field, number) in zip(Self.fields(wide: wide), numbers) {
      for i in 0..<field.width { bytes[field.offset + i] = UInt8(truncatingIfNeeded: number >> (8 * i)) }
    }
    return bytes
  }
}

extension UnsafeRawBufferPointer {
  /// A little-endian number of `width` bytes. The bytes must lie within the buffer.
  func number(at offset: Int, width: Int) -> UInt64 {
    (0..<width).reduce(0) { unsafe $0 | UInt64(self[offset + $1]) << UInt64(8 * $1) }
  }
}
