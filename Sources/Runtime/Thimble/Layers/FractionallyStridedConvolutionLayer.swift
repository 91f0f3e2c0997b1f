import ThimbleKernelInterface

/// A fractionally-strided convolution: from one map to a larger one.
package struct FractionallyStridedConvolutionLayer: LayerDefinition {
  static var name: StaticString { "deconv" }
  static var input: LayerInput { .map }

  let record: LayerRecord

  package init(_ record: LayerRecord) { self.record = record }

  func checkParameters(_ index: Int) throws(ThimbleError) {
    try require(UInt64(record.kernel), .atLeast, 1, "kernel", layer: index)
    try require(UInt64(record.kernel), .atMost, 16, "kernel", layer: index)
    try require(UInt64(record.stride), .atLeast, 1, "stride", layer: index)
    try require(UInt64(record.stride), .atMost, 4, "stride", layer: index)
    try require(UInt64(record.padding), .below, UInt64(record.kernel), "padding", layer: index)
    try require(UInt64(record.outputPadding), .below, UInt64(record.stride), "output padding", layer: index)
  }

  var impliedOutput: MapShape {
    MapShape(
      height: UInt32(clamping: outputSide(record.input.height)),
      width: UInt32(clamping: outputSide(record.input.width)),
      channels: record.output.channels)
  }

  /// The side of the output; may be below 1.
  package func outputSide(_ side: UInt32) -> Int64 {
    (Int64(side) - 1) * Int64(record.stride) - 2 * Int64(record.padding) + Int64(record.kernel)
      + Int64(record.outputPadding)
  }

  var inputGroups: UInt64 { record.input.positionStride / 4 }
  var scaleSteps: UInt64 { 4 }
  var weightPositions: UInt64 { 1 }
  /// All phases together hold kernel x kernel taps.
  var taps: UInt64 { UInt64(record.kernel) * UInt64(record.kernel) }

  func weightRow(position: Int, tap: (y: Int, x: Int), block: Int) -> Int {
    let stride = Int(record.stride)
    let (rows, columns) = (phaseTaps(tap.y % stride), phaseTaps(tap.x % stride))
    // Taps of the phases before: whole rows of phases hold all columns of the kernel.
    var before = 0
    for row in 0..<tap.y % stride { before += phaseTaps(row) * Int(record.kernel) }
    for column in 0..<tap.x % stride { before += rows * phaseTaps(column) }
    return before * Int(record.output.blocks) + block * rows * columns + tap.y / stride * columns + tap.x / stride
  }

  func anyRow(ofLastBlock count: Int, _ body: (Int) -> Bool) -> Bool {
    let (blocks, stride) = (Int(record.output.blocks), Int(record.stride))
    var end = 0
    for phase in 0..<stride * stride {
      let rows = phaseTaps(phase / stride) * phaseTaps(phase % stride)
      end += blocks * rows
      for row in end - rows..<end where body(row) { return true }
    }
    return false
  }

  /// Taps of a phase along one axis.
  private func phaseTaps(_ phase: Int) -> Int {
    max(0, (Int(record.kernel) - phase + Int(record.stride) - 1) / Int(record.stride))
  }

  var inputByteCount: UInt64 {
    record.rowsHeld == 0
      ? record.input.byteCount : roundedUp(UInt64(record.rowsHeld) * record.inputRowByteCount, 64)
  }
  /// One position of the input.
  var zerosByteCount: UInt64 { record.input.positionStride }
  var rows: LayerRows {
    LayerRows(
      kernel: record.kernel, stride: record.stride, padding: record.padding, inputHeight: record.input.height,
      outputHeight: record.output.height)
  }

  /// Those of the phases that the rows belong to.
  func weightByteCount(rows: Range<Int>) -> UInt64 {
    let stride = Int(record.stride)
    let taps = rows.prefix(stride).reduce(0) { $0 + phaseTaps(($1 + Int(record.padding)) % stride) }
    return record.packedWeightsByteCount / UInt64(record.kernel) * UInt64(taps)
  }

  /// kernel x kernel / (stride x stride) taps for each output pixel.
  var multiplyAccumulates: Double {
    Double(record.input.channels) * Double(record.output.channels) * Double(record.output.positions)
      * Double(record.kernel * record.kernel) / Double(record.stride * record.stride)
  }

  @inline(never)
  static func run(_ call: LayerCall, _ parallelFor: ParallelFor) {
    let record = call.record
    var layer = unsafe IntegerConvolution(
      inputHeight: Int(record.input.height), inputWidth: Int(record.input.width),
      inputChannels: Int(record.input.channels),
      outputHeight: Int(record.output.height), outputWidth: Int(record.output.width),
      outputChannels: Int(record.output.channels), kernel: Int(record.kernel), stride: Int(record.stride),
      padding: Int(record.padding), shift: UInt64(record.shift), placeholder: call.zeros)
    unsafe layer.weights = call.inFile(record.weightsOffset)
    layer.hasInt4Weights = call.hasInt4Weights
    unsafe layer.biases = call.inFile(record.biasesOffset)
    unsafe layer.multipliers = call.inFile(record.multipliersOffset)
    (layer.firstOutputRow, layer.endOutputRow) = (call.rows.lowerBound, call.rows.upperBound)
    unsafe (layer.images, layer.input, layer.output) = (call.images, UnsafePointer(call.input), call.output)
    (layer.inputImageStride, layer.outputImageStride) = (call.inputImageStride, call.outputImageStride)
    unsafe layer.table = call.table
    if unsafe call.table != nil { layer.outputPositionStride = layer.outputChannels }
    let (made, kernels) = (layer, call.instructionSet.kernels)
    let kernel = unsafe made.table == nil ? kernels.fractionallyStridedConvolution : kernels.outputConvolution
    parallelFor(made.unitCount) { kernel(made, $0) }
  }
}

extension Layout {
  /// Adds a fractionally-strided convolution of what the last layer gives.
  package mutating func appendConvolution(
    outputChannels: UInt32, kernel: UInt32, stride: UInt32, padding: UInt32, outputPadding: UInt32, shift: UInt32,
    weightEncoding: LayerRecord.WeightEncoding = .int8
  ) throws(ThimbleError) {
    var layer = LayerRecord(kind: .fractionallyStridedConvolution)
    (layer.kernel, layer.stride, layer.padding, layer.outputPadding) = (kernel, stride, padding, outputPadding)
    (layer.shift, layer.weightEncoding) = (shift, weightEncoding)
    layer.output.channels = outputChannels
    try append(layer)
  }
}
