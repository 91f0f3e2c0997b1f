/// The rows of a layer: which of its input which of its output need. format.md's lo and hi, section Memory. Small, so that streams hold
/// one for each layer.
package struct LayerRows: Sendable {
  private var kernel: UInt16 = 0, stride: UInt16 = 0, padding: UInt16 = 0, inputHeight: UInt16 = 0
  private(set) var outputHeight: UInt16 = 0

  init() {}

  /// Those of a layer whose geometry is valid: numbers along the rows, in units of a fractionally-strided convolution.
  init(kernel: UInt32, stride: UInt32, padding: UInt32, inputHeight: UInt32, outputHeight: UInt32) {
    (self.kernel, self.stride) = (UInt16(truncatingIfNeeded: kernel), UInt16(truncatingIfNeeded: stride))
    self.padding = UInt16(truncatingIfNeeded: padding)
    self.inputHeight = UInt16(truncatingIfNeeded: inputHeight)
    self.outputHeight = UInt16(truncatingIfNeeded: outputHeight)
  }

  /// The first input row that output rows from `row` on need: lo(row).
  package func firstInput(from row: Int) -> Int {
    let behind = row + Int(padding) - Int(kernel) + 1
    return behind <= 0 ? 0 : min((behind + Int(stride) - 1) / Int(stride), Int(inputHeight))
  }

  /// The end of the input rows that output rows before `row`, at least 1, need: hi(row).
  package func endInput(before row: Int) -> Int {
    min((row - 1 + Int(padding)) / Int(stride) + 1, Int(inputHeight))
  }
}

extension LayerRecord {
  /// Bytes of a row of the input and of the output in the arena.
  package var inputRowByteCount: UInt64 { UInt64(input.width) * input.positionStride }
  package var outputRowByteCount: UInt64 { UInt64(output.width) * output.positionStride }

  /// Where a strip of an overlapping layer ends that begins at an output row: as far as no byte is written at or behind the
  /// first input row that is still needed. `row` itself or less if not even one row fits. Offsets and maps are below 2^32.
  package func endOfStrip(from row: Int) -> Int {
    let free = inputOffset + UInt64(rows.firstInput(from: row)) * inputRowByteCount
    guard free > outputOffset else { return row }
    return min(Int(clamping: (free - outputOffset) / outputRowByteCount), Int(output.height))
  }
}
