// A record's 128 bytes in a file.

extension LayerRecord {
  /// Reads the record at `offset`, which lies inside. Throws for a number that stands for nothing.
  /// - Parameters:
  ///   - index: of the layer, for the error.
  ///   - isLast: whether it is the last layer of the file.
  init(_ bytes: UnsafeRawBufferPointer, at offset: Int, index: Int, isLast: Bool) throws(ThimbleError) {
    func word(_ index: Int) -> UInt32 { unsafe bytes.word(offset + 4 * index) }
    func long(_ index: Int) -> UInt64 { unsafe bytes.long(offset + 64 + 8 * index) }
    try require(UInt64(word(0)), .atLeast, 1, "kind", layer: index, code: .unsupported)
    guard let kind = LayerKind(rawValue: word(0)) else {
      throw ThimbleError(
        .unsupported, "kind", layer: index, found: UInt64(word(0)), .atMost, UInt64(LayerKind.last.rawValue))
    }
    guard let epilogue = Epilogue(rawValue: word(1)) else {
      throw ThimbleError(.format, "epilogue", layer: index, found: UInt64(word(1)), .equal, isLast ? 1 : 0)
    }
    guard let weightEncoding = WeightEncoding(rawValue: word(12)) else {
      throw ThimbleError(
        .unsupported, "weight encoding", layer: index, found: UInt64(word(12)), .atMost, isLast ? 0 : 1)
    }
    guard let schedule = Schedule(rawValue: word(15)) else {
      throw ThimbleError(.unsupported, "schedule", layer: index, found: UInt64(word(15)), .atMost, 2)
    }
    (self.kind, self.epilogue, self.weightEncoding, self.schedule) = (kind, epilogue, weightEncoding, schedule)
    input = MapShape(height: word(2), width: word(3), channels: word(4))
    output = MapShape(height: word(5), width: word(6), channels: word(7))
    (kernel, stride, padding, outputPadding) = (word(8), word(9), word(10), word(11))
    (packing, shift) = (word(13), word(14))
    (inputOffset, outputOffset) = (long(0), long(1))
    (weightsOffset, weightsByteCount, biasesOffset, multipliersOffset) = (long(2), long(3), long(4), long(5))
    (stripRows, rowsHeld) = (word(28), word(29))
  }

  /// Refuses what files of version 1.0 do not know, and reserved bytes.
  static func checkVersion(
    _ minorVersion: UInt32, _ bytes: UnsafeRawBufferPointer, at offset: Int, index: Int
  ) throws(ThimbleError) {
    if minorVersion == 0 {
      try unsafe require(UInt64(bytes.word(offset + 60)), .equal, 0, "schedule", layer: index, code: .unsupported)
      try unsafe require(
        UInt64(bytes.word(offset + 48)), .equal, 0, "weight encoding", layer: index, code: .unsupported)
    }
    if let kind = unsafe LayerKind(rawValue: bytes.word(offset)) {
      try require(
        UInt64(kind.minorVersion), .atMost, UInt64(minorVersion), "minor version of the kind", layer: index,
        code: .unsupported)
    }
    let reserved = offset + (minorVersion == 0 ? 112 : 120)
    if unsafe !bytes.isZero(reserved..<offset + 128) {
      throw ThimbleError(.unsupported, "reserved bytes", layer: index)
    }
  }

  /// Writes all 128 bytes at `offset`.
  func write(to bytes: UnsafeMutableRawBufferPointer, at offset: Int) {
    let words: InlineArray<16, UInt32> = [
      kind.rawValue, epilogue.rawValue, input.height, input.width, input.channels, output.height, output.width,
      output.channels, kernel, stride, padding, outputPadding, weightEncoding.rawValue, packing, shift,
      schedule.rawValue,
    ]
    let longs: InlineArray<8, UInt64> = [
      inputOffset, outputOffset, weightsOffset, weightsByteCount, biasesOffset, multipliersOffset,
      UInt64(rowsHeld) << 32 | UInt64(stripRows), 0,
    ]
    for i in 0..<16 { unsafe bytes.setWord(offset + 4 * i, words[i]) }
    for i in 0..<8 { unsafe bytes.setLong(offset + 64 + 8 * i, longs[i]) }
  }
}
