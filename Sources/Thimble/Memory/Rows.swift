// Which rows of its input a layer needs, and the strips of rows in which it may write over what it has read. All three are
// FORMAT.md's, section Memory.

extension LayerRecord {
  /// Bytes of a row of the input and of the output in the arena.
  package var inputRowByteCount: UInt64 { UInt64(input.width) * input.positionStride }
  package var outputRowByteCount: UInt64 { UInt64(output.width) * output.positionStride }

  /// The first input row that output rows from `row` on need: lo(row).
  package func firstInputRow(from row: Int) -> Int {
    let (kernel, stride, padding) = (Int(kernel), Int(stride), Int(padding))
    let behind = row + padding - kernel + 1
    return behind <= 0 ? 0 : min((behind + stride - 1) / stride, Int(input.height))
  }

  /// The end of the input rows that output rows before `row`, at least 1, need: hi(row).
  package func endInputRow(before row: Int) -> Int {
    min((row - 1 + Int(padding)) / Int(stride) + 1, Int(input.height))
  }

  /// Where a strip of an overlapping layer ends that begins at an output row: as far as no byte is written at or behind the
  /// first input row that is still needed. `row` itself or less if not even one row fits. Offsets and maps are below 2^32.
  package func endOfStrip(from row: Int) -> Int {
    let free = inputOffset + UInt64(firstInputRow(from: row)) * inputRowByteCount
    guard free > outputOffset else { return row }
    return min(Int(clamping: (free - outputOffset) / outputRowByteCount), Int(output.height))
  }
}
