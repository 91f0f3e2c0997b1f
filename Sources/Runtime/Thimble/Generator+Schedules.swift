import ThimbleKernelInterface

// The loops over layers and strips, as the plan has them. All sizes and places were checked when the model was loaded.

extension Generator {
  /// All layers, for the latents that are loaded.
  @inline(never)
  func runAll(_ count: Int, _ pixels: UnsafeMutablePointer<UInt8>, _ parallelFor: ParallelFor) {
    let firstStreamed = rowStream().firstLayer
    for index in 0..<firstStreamed { runAlone(index, count, pixels, parallelFor) }
    if firstStreamed < model.layerCount { runStream(count, pixels, parallelFor) }
  }

  /// A layer of schedule 0 or 1. A strip begins when all workers are done with the one before.
  @inline(never)
  func runAlone(
    _ index: Int, _ count: Int, _ pixels: UnsafeMutablePointer<UInt8>, _ parallelFor: ParallelFor
  ) {
    if index == 0 {
      let layer = denseLayer(images: count)
      let run = model.instructionSet.kernels.dense
      return parallelFor(layer.unitCount) { run(layer, $0) }
    }
    let record = record(index)
    var layer = convolution(index, images: count, pixels)
    var row = 0
    while row < layer.outputHeight {
      let end = record.schedule == LayerRecord.overlapping ? record.endOfStrip(from: row) : layer.outputHeight
      (layer.firstOutputRow, layer.endOutputRow) = (row, end)
      run(layer, parallelFor)
      row = end
    }
  }

  /// The streamed layers, strip by strip of the image. Each row is computed once.
  @inline(never)
  private func runStream(_ count: Int, _ pixels: UnsafeMutablePointer<UInt8>, _ parallelFor: ParallelFor) {
    var stream = rowStream()
    // Of each layer's input: the first row in the arena.
    var firstRows = InlineArray<16, Int>(repeating: 0)
    while stream.next() {
      for index in stream.firstLayer..<model.layerCount {
        let rows = stream.rows(ofLayer: index)
        if rows.isEmpty { continue }
        var layer = convolution(index, images: count, pixels)
        layer.input -= firstRows[index] * Int(record(index).inputRowByteCount)
        if index + 1 < model.layerCount {
          let first = stream.firstInputRow(ofLayer: index + 1)
          makeRoom(inInputOf: index + 1, count, for: rows, from: &firstRows[index + 1], to: first)
          layer.output -= firstRows[index + 1] * Int(record(index).outputRowByteCount)
        }
        (layer.firstOutputRow, layer.endOutputRow) = (rows.lowerBound, rows.upperBound)
        run(layer, parallelFor)
      }
    }
  }

  /// Moves the rows of a line buffer that are still needed, `needed` and up, to its front, if new rows would not fit behind.
  private func makeRoom(
    inInputOf index: Int, _ count: Int, for rows: Range<Int>, from first: inout Int, to needed: Int
  ) {
    let record = record(index)
    if rows.upperBound - first <= Int(record.rowsHeld) { return }
    let rowByteCount = Int(record.inputRowByteCount)
    for image in 0..<count {
      let buffer = arena.firstImage + (image * arena.imageStride + Int(record.inputOffset))
      buffer.update(from: buffer + (needed - first) * rowByteCount, count: (rows.lowerBound - needed) * rowByteCount)
    }
    first = needed
  }

  /// Some rows of a convolution, the image's or a map's.
  private func run(_ layer: IntegerConvolution, _ parallelFor: ParallelFor) {
    let kernels = model.instructionSet.kernels
    let run = layer.table == nil ? kernels.fractionallyStridedConvolution : kernels.outputConvolution
    parallelFor(layer.unitCount) { run(layer, $0) }
  }
}

// From the file's records to what the kernels take. Not inlined: the layout, of which they have copies, is off the stack when
// the kernels run.

extension Generator {
  @inline(never)
  private func record(_ index: Int) -> LayerRecord { model.layout.layers[index] }

  @inline(never)
  func rowStream() -> RowStream { RowStream(model.layout) }

  @inline(never)
  private func denseLayer(images count: Int) -> IntegerDense {
    let record = record(0)
    var layer = IntegerDense(
      latentLength: Int(record.input.channels), positions: Int(record.output.positions),
      outputChannels: Int(record.output.channels), shift: UInt64(record.shift), nothing: arena.zeros)
    layer.weights = inFile(record.weightsOffset)
    layer.hasInt4Weights = record.weightEncoding == LayerRecord.int4
    layer.biases = inFile(record.biasesOffset)
    layer.multipliers = inFile(record.multipliersOffset)
    layer.images = count
    layer.latents = UnsafeRawPointer(arena.firstImage + Int(record.inputOffset)).assumingMemoryBound(to: Int16.self)
    layer.output = arena.firstImage + Int(record.outputOffset)
    layer.imageStride = arena.imageStride
    return layer
  }

  /// All rows, with the maps at their places; the last layer goes through the table to `pixels`.
  @inline(never)
  private func convolution(
    _ index: Int, images count: Int, _ pixels: UnsafeMutablePointer<UInt8>
  ) -> IntegerConvolution {
    let record = record(index)
    var layer = IntegerConvolution(
      inputHeight: Int(record.input.height), inputWidth: Int(record.input.width),
      inputChannels: Int(record.input.channels),
      outputHeight: Int(record.output.height), outputWidth: Int(record.output.width),
      outputChannels: Int(record.output.channels), kernel: Int(record.kernel), stride: Int(record.stride),
      padding: Int(record.padding), shift: UInt64(record.shift), nothing: arena.zeros)
    layer.weights = inFile(record.weightsOffset)
    layer.hasInt4Weights = record.weightEncoding == LayerRecord.int4
    layer.biases = inFile(record.biasesOffset)
    layer.multipliers = inFile(record.multipliersOffset)
    layer.images = count
    layer.input = UnsafePointer(arena.firstImage + Int(record.inputOffset))
    layer.output = arena.firstImage + Int(record.outputOffset)
    (layer.inputImageStride, layer.outputImageStride) = (arena.imageStride, arena.imageStride)
    guard record.epilogue == LayerRecord.outputTable else { return layer }
    layer.table = inFile(model.layout.header.outputTableOffset)
    layer.output = pixels
    layer.outputImageStride = model.imageByteCount
    layer.outputPositionStride = layer.outputChannels
    return layer
  }

  private func inFile<Number>(_ offset: UInt64) -> UnsafePointer<Number> {
    (model.bytes.baseAddress! + Int(offset)).assumingMemoryBound(to: Number.self)
  }
}
