// Little-endian numbers in bytes that need not be aligned.

extension UnsafeRawBufferPointer {
  func word(_ offset: Int) -> UInt32 {
    unsafe UInt32(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt32.self))
  }
  func long(_ offset: Int) -> UInt64 {
    unsafe UInt64(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt64.self))
  }

  /// Whether all bytes of a range, which lies inside, are 0.
  func isZero(_ range: Range<Int>) -> Bool {
    for offset in range where unsafe self[offset] != 0 { return false }
    return true
  }
}

extension UnsafeMutableRawBufferPointer {
  func setWord(_ offset: Int, _ value: UInt32) {
    unsafe storeBytes(of: value.littleEndian, toByteOffset: offset, as: UInt32.self)
  }
  func setLong(_ offset: Int, _ value: UInt64) {
    unsafe storeBytes(of: value.littleEndian, toByteOffset: offset, as: UInt64.self)
  }
}
