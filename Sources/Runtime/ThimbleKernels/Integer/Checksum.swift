import ThimbleIntrinsics

/// Takes bytes into a running CRC-32C (Castagnoli, reflected 0x82F63B78). The caller does the initial and final inversion.
public func crc32c(_ crc: UInt32, _ bytes: UnsafeRawPointer, _ byteCount: Int) -> UInt32 {
  if thimble_has_crc32c() != 0 {
    var crc = crc
    var at = 0
    while at + 8 <= byteCount {
      crc = thimble_crc32c_u64(crc, UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self)))
      at += 8
    }
    return crc32cReference(crc, bytes + at, byteCount - at)
  }
  return crc32cByTables(crc, bytes, byteCount)
}

/// The definition, bit by bit.
public func crc32cReference(_ crc: UInt32, _ bytes: UnsafeRawPointer, _ byteCount: Int) -> UInt32 {
  var crc = crc
  for at in 0..<byteCount {
    crc ^= UInt32(bytes.load(fromByteOffset: at, as: UInt8.self))
    for _ in 0..<8 { crc = divided(crc) }
  }
  return crc
}

/// One step of the polynomial's division.
@inline(__always)
private func divided(_ crc: UInt32) -> UInt32 { crc >> 1 ^ (crc & 1) &* 0x82F6_3B78 }

/// Eight bytes a step by eight tables (slicing-by-8: Kounavis, Berry 2005), made on the stack at each call: 8 KB.
private func crc32cByTables(_ crc: UInt32, _ bytes: UnsafeRawPointer, _ byteCount: Int) -> UInt32 {
  var table = InlineArray<2048, UInt32>(repeating: 0)
  for i in 0..<256 {
    table[i] = UInt32(i)
    for _ in 0..<8 { table[i] = divided(table[i]) }
  }
  for i in 256..<2048 { table[i] = table[i - 256] >> 8 ^ table[Int(table[i - 256] & 0xFF)] }
  var crc = crc
  var at = 0
  while at + 8 <= byteCount {
    let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self)) ^ UInt64(crc)
    crc = 0
    for byte in 0..<8 { crc ^= table[(7 - byte) * 256 + Int(word >> UInt64(8 * byte) & 0xFF)] }
    at += 8
  }
  return crc32cReference(crc, bytes + at, byteCount - at)
}

/// Whether one of the bytes is -128, which no weight may be.
public func containsLeastInt8(_ bytes: UnsafeRawPointer, _ byteCount: Int) -> Bool {
  var found = SIMDMask<SIMD64<Int8>>(repeating: false)
  let least = SIMD64<Int8>(repeating: -128)
  var at = 0
  while at + 64 <= byteCount {
    found = found .| (bytes.loadUnaligned(fromByteOffset: at, as: SIMD64<Int8>.self) .== least)
    at += 64
  }
  var rest = false
  while at < byteCount {
    rest = rest || bytes.load(fromByteOffset: at, as: Int8.self) == -128
    at += 1
  }
  return rest || found != SIMDMask(repeating: false)
}
