import ThimbleKernelInterface

/// A dense layer: from the latent to the first map. Each output position has weights of its own.
struct DenseLayer: LayerDefinition {
  static var name: StaticString { "dense" }
  static var input: LayerInput { .latent }

  let record: LayerRecord

  init(_ record: LayerRecord) { self.record = record }

  func checkParameters(_ index: Int) throws(ThimbleError) {
    try require(UInt64(record.kernel), .equal, 0, "kernel", layer: index)
    try require(UInt64(record.stride), .equal, 0, "stride", layer: index)
    try require(UInt64(record.padding), .equal, 0, "padding", layer: index)
    try require(UInt64(record.outputPadding), .equal, 0, "output padding", layer: index)
  }

  /// Any output will do.
  var impliedOutput: MapShape { record.output }

  var inputGroups: UInt64 { (UInt64(record.input.channels) + 3) / 4 }
  var scaleSteps: UInt64 { 2 }
  var weightPositions: UInt64 { record.output.positions }
  var taps: UInt64 { 1 }

  func weightRow(position: Int, tap: (y: Int, x: Int), block: Int) -> Int {
    position * Int(record.output.blocks) + block
  }

  func anyRow(ofLastBlock count: Int, _ body: (Int) -> Bool) -> Bool {
    let blocks = Int(record.output.blocks)
    for row in stride(from: blocks - 1, to: count, by: blocks) where body(row) { return true }
    return false
  }

  /// The latent, in twice the room that it needs.
  var inputByteCount: UInt64 { 2 * roundedUp(UInt64(record.input.channels), 64) }
  var zerosByteCount: UInt64 { 0 }
  /// Every row of the output needs the whole latent.
  var rows: LayerRows {
    LayerRows(
      kernel: record.output.height, stride: 1, padding: 0, inputHeight: 1, outputHeight: record.output.height)
  }

  func weightByteCount(rows: Range<Int>) -> UInt64 {
    record.packedWeightsByteCount / UInt64(record.output.height) * UInt64(rows.count)
  }

  var multiplyAccumulates: Double {
    Double(record.input.channels) * Double(record.output.channels) * Double(record.output.positions)
  }

  /// Computes the whole map: a latent has no rows that could be read apart.
  @inline(never)
  static func run(_ call: LayerCall, _ parallelFor: ParallelFor) {
    let record = call.record
    var layer = unsafe IntegerDense(
      latentLength: Int(record.input.channels), positions: Int(record.output.positions),
      outputChannels: Int(record.output.channels), shift: UInt64(record.shift), placeholder: call.zeros)
    unsafe layer.weights = call.inFile(record.weightsOffset)
    layer.hasInt4Weights = call.hasInt4Weights
    unsafe layer.biases = call.inFile(record.biasesOffset)
    unsafe layer.multipliers = call.inFile(record.multipliersOffset)
    layer.images = call.images
    unsafe layer.latents = UnsafeRawPointer(call.input).assumingMemoryBound(to: Int16.self)
    unsafe layer.output = call.output
    layer.imageStride = call.inputImageStride
    let (made, kernel) = (layer, call.instructionSet.kernels.dense)
    parallelFor(made.unitCount) { kernel(made, $0) }
  }
}

extension Layout {
  /// Adds the dense first layer.
  package mutating func appendDense(
    output: MapShape, shift: UInt32, weightEncoding: LayerRecord.WeightEncoding = .int8
  ) throws(ThimbleError) {
    var layer = LayerRecord(kind: .dense)
    (layer.output, layer.shift, layer.weightEncoding) = (output, shift, weightEncoding)
    try append(layer)
  }
}
