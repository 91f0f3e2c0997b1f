// The loops over layers and strips, as the plan has them. All sizes and places were checked when the model was loaded.

extension Generator {
  /// All layers, for the latents that are loaded.
  @inline(never)
  func runAll(_ count: Int, _ pixels: UnsafeMutablePointer<UInt8>, _ parallelFor: ParallelFor) {
    let firstStreamed = rowStream().firstLayer
    for index in 0..<firstStreamed { unsafe runAlone(index, count, pixels, parallelFor) }
    if firstStreamed < model.layerCount { unsafe runStream(count, pixels, parallelFor) }
  }

  /// A layer of schedule 0 or 1. A strip begins when all workers are done with the one before.
  @inline(never)
  func runAlone(
    _ index: Int, _ count: Int, _ pixels: UnsafeMutablePointer<UInt8>, _ parallelFor: ParallelFor
  ) {
    var call = unsafe call(index, images: count, pixels)
    let height = Int(call.record.output.height)
    var row = 0
    while row < height {
      let end = call.record.schedule == .overlapping ? call.record.endOfStrip(from: row) : height
      call.rows = row..<end
      call.run(parallelFor)
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
        var call = unsafe call(index, images: count, pixels)
        unsafe call.input -= firstRows[index] * Int(call.record.inputRowByteCount)
        if index + 1 < model.layerCount {
          let first = stream.firstInputRow(ofLayer: index + 1)
          makeRoom(inInputOf: index + 1, count, for: rows, from: &firstRows[index + 1], to: first)
          unsafe call.output -= firstRows[index + 1] * Int(call.record.outputRowByteCount)
        }
        call.rows = rows
        call.run(parallelFor)
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
      let buffer = unsafe arena.firstImage + (image * arena.imageStride + Int(record.inputOffset))
      unsafe buffer.update(
        from: buffer + (needed - first) * rowByteCount, count: (rows.lowerBound - needed) * rowByteCount)
    }
    first = needed
  }
}

// From the file's records to what the kernels take. Not inlined: the layout, of which they have copies, is off the stack when
// the kernels run.

extension Generator {
  @inline(never)
  private func record(_ index: Int) -> LayerRecord { model.layout.layers[index] }

  @inline(never)
  func rowStream() -> RowStream { RowStream(model.layout) }

  /// All rows of a layer, with the maps at their places; the last layer goes through the table to `pixels`.
  @inline(never)
  private func call(_ index: Int, images count: Int, _ pixels: UnsafeMutablePointer<UInt8>) -> LayerCall {
    let record = record(index)
    var call = unsafe LayerCall(
      record: record, instructionSet: model.instructionSet, file: model.bytes.baseAddress!, zeros: arena.zeros,
      rows: 0..<Int(record.output.height), images: count, input: arena.firstImage + Int(record.inputOffset),
      output: arena.firstImage + Int(record.outputOffset), inputImageStride: arena.imageStride,
      outputImageStride: arena.imageStride)
    guard record.epilogue == .outputTable else { return call }
    unsafe call.table = call.inFile(model.layout.header.outputTableOffset)
    unsafe (call.output, call.outputImageStride) = (pixels, model.imageByteCount)
    return call
  }
}
