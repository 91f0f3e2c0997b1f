/// The record of one layer, field by field as FORMAT.md lists them.
public struct LayerRecord: Equatable, Sendable {
  /// The values of `kind`.
  public static let dense: UInt32 = 1, convolution: UInt32 = 2
  /// The values of `epilogue`.
  public static let activations: UInt32 = 0, outputTable: UInt32 = 1
  /// The values of `schedule`.
  public static let wholeLayer: UInt32 = 0, overlapping: UInt32 = 1, streamed: UInt32 = 2
  /// The values of `weightEncoding`.
  public static let int8: UInt32 = 0, int4: UInt32 = 1

  /// `dense` or `convolution`.
  public var kind: UInt32 = 0
  /// `activations` or `outputTable`.
  public var epilogue: UInt32 = 0
  /// The map that the layer reads; 1 x 1 x latent length for the dense one.
  public var input = MapShape(height: 0, width: 0, channels: 0)
  /// The map that the layer writes.
  public var output = MapShape(height: 0, width: 0, channels: 0)
  /// Along both axes; 0 in a dense layer.
  public var kernel: UInt32 = 0, stride: UInt32 = 0, padding: UInt32 = 0, outputPadding: UInt32 = 0
  /// `int8` or `int4`.
  public var weightEncoding: UInt32 = 0
  /// 0: blocks of 16 outputs.
  public var packing: UInt32 = 0
  /// The s of the requantisation, 1 ... 62.
  public var shift: UInt32 = 0
  /// `wholeLayer`, `overlapping` or `streamed`.
  public var schedule: UInt32 = 0
  /// Places in the image's part of the arena.
  public var inputOffset: UInt64 = 0, outputOffset: UInt64 = 0
  /// Places in the file.
  public var weightsOffset: UInt64 = 0, weightsByteCount: UInt64 = 0, biasesOffset: UInt64 = 0,
    multipliersOffset: UInt64 = 0
  /// Rows of the image that a streamed last layer computes at once; else 0.
  public var stripRows: UInt32 = 0
  /// Rows of the input that a streamed layer behind another one finds in the arena at once; else 0: all of them.
  public var rowsHeld: UInt32 = 0

  /// A record of zeros but for its kind.
  public init(kind: UInt32 = 0) { self.kind = kind }

  /// Reads the record at `offset`, which lies inside.
  init(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
    func word(_ index: Int) -> UInt32 { bytes.word(offset + 4 * index) }
    func long(_ index: Int) -> UInt64 { bytes.long(offset + 64 + 8 * index) }
    (kind, epilogue) = (word(0), word(1))
    input = MapShape(height: word(2), width: word(3), channels: word(4))
    output = MapShape(height: word(5), width: word(6), channels: word(7))
    (kernel, stride, padding, outputPadding) = (word(8), word(9), word(10), word(11))
    (weightEncoding, packing, shift, schedule) = (word(12), word(13), word(14), word(15))
    (inputOffset, outputOffset) = (long(0), long(1))
    (weightsOffset, weightsByteCount, biasesOffset, multipliersOffset) = (long(2), long(3), long(4), long(5))
    (stripRows, rowsHeld) = (word(28), word(29))
  }

  /// Writes all 128 bytes at `offset`.
  func write(to bytes: UnsafeMutableRawBufferPointer, at offset: Int) {
    let words: InlineArray<16, UInt32> = [
      kind, epilogue, input.height, input.width, input.channels, output.height, output.width, output.channels,
      kernel, stride, padding, outputPadding, weightEncoding, packing, shift, schedule,
    ]
    let longs: InlineArray<8, UInt64> = [
      inputOffset, outputOffset, weightsOffset, weightsByteCount, biasesOffset, multipliersOffset,
      UInt64(rowsHeld) << 32 | UInt64(stripRows), 0,
    ]
    for i in 0..<16 { bytes.setWord(offset + 4 * i, words[i]) }
    for i in 0..<8 { bytes.setLong(offset + 64 + 8 * i, longs[i]) }
  }
}

extension LayerRecord {
  /// Groups of 4 inputs that the kernels read.
  public var inputGroups: UInt64 {
    kind == Self.dense ? (UInt64(input.channels) + 3) / 4 : input.positionStride / 4
  }

  /// Output positions that have weights of their own: all of them in a dense layer.
  public var weightPositions: UInt64 { kind == Self.dense ? output.positions : 1 }

  /// Bytes of the weights that geometry and encoding ask for. All phases together hold kernel x kernel taps.
  public var packedWeightsByteCount: UInt64 {
    let taps = kind == Self.dense ? 1 : UInt64(kernel) * UInt64(kernel)
    return weightPositions * taps * output.blocks * weightRowByteCount
  }

  /// Numbers of the biases, and of the multipliers.
  public var channelCount: UInt64 { weightPositions * output.positionStride }

  /// Bytes of the input in the arena: the latent, in twice the room that it needs, a map, or some rows of it.
  public var inputByteCount: UInt64 {
    if kind == Self.dense { return 2 * roundedUp(UInt64(input.channels), 64) }
    return rowsHeld == 0 ? input.byteCount : roundedUp(UInt64(rowsHeld) * inputRowByteCount, 64)
  }

  /// The side of a fractionally-strided convolution's output; may be below 1.
  public func outputSide(_ side: UInt32) -> Int64 {
    (Int64(side) - 1) * Int64(stride) - 2 * Int64(padding) + Int64(kernel) + Int64(outputPadding)
  }

  /// The place of an int8 weight, counted from the layer's first.
  ///
  /// - Parameters:
  ///   - position: the output position of a dense layer, y * width + x; 0 for a convolution.
  ///   - tap: the tap of a convolution, along y and x; (0, 0) for a dense layer.
  public func weightIndex(position: Int = 0, tap: (y: Int, x: Int) = (0, 0), output channel: Int, input: Int) -> Int {
    let row = weightRow(position: position, tap: tap, block: channel / 16)
    return ((row * Int(inputGroups) + input / 4) * 16 + channel % 16) * 4 + input % 4
  }

  /// The number of the row, all inputs of one tap or position x 16 outputs, in the order of the file.
  func weightRow(position: Int, tap: (y: Int, x: Int), block: Int) -> Int {
    guard kind == Self.convolution else { return position * Int(output.blocks) + block }
    let (kernel, stride) = (Int(kernel), Int(stride))
    let columns = (kernel - tap.x % stride + stride - 1) / stride
    let rows = (kernel - tap.y % stride + stride - 1) / stride
    // Taps of the phases before: whole rows of phases hold all columns of the kernel.
    var before = 0
    for row in 0..<tap.y % stride { before += max(0, (kernel - row + stride - 1) / stride) * kernel }
    for column in 0..<tap.x % stride { before += rows * max(0, (kernel - column + stride - 1) / stride) }
    return before * Int(output.blocks) + block * rows * columns + tap.y / stride * columns + tap.x / stride
  }
}
