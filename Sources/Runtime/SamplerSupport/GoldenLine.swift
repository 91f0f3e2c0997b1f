/// A line of a golden file: the SHA-256 of an image's pixels as 64 lower-case hexadecimal digits, two spaces, its seed.
@safe package struct GoldenLine {
  /// Bytes of a golden file that are read at most: some 1.5 million lines.
  package static let largestByteCount: UInt64 = 1 << 27
  /// The longest line that can be one.
  package static let largestCount = 64 + 2 + 20

  /// The 64 digits of the pixels', u8 [height][width][channels]; they lie in the line.
  package let digits: UnsafeBufferPointer<UInt8>
  /// The image's.
  package let seed: UInt64

  /// Reads a line without its end; nil if it is none.
  package init?(_ line: UnsafeBufferPointer<UInt8>) {
    guard line.count > 66, unsafe line[64] == 32, unsafe line[65] == 32,
      let seed = unsafe Decimal.number(UnsafeBufferPointer(rebasing: line[66...]))
    else { return nil }
    for i in 0..<64 where unsafe !((48...57).contains(line[i]) || (97...102).contains(line[i])) { return nil }
    unsafe (digits, self.seed) = (UnsafeBufferPointer(rebasing: line[..<64]), seed)
  }

  /// Writes the 64 digits of a SHA-256.
  package static func write(_ digest: InlineArray<32, UInt8>, to digits: UnsafeMutableBufferPointer<UInt8>) {
    let hexadecimal: StaticString = "0123456789abcdef"
    for i in 0..<64 { unsafe digits[i] = unsafe hexadecimal.utf8Start[Int(digest[i / 2] >> (i % 2 == 0 ? 4 : 0)) & 15] }
  }
}
