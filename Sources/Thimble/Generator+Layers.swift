import ThimbleKernelTypes

// One step at a time: what `generate` is made of, and what a caller uses who wants to see the maps in between.

extension Generator {
  /// Puts whole latents, at most `images`, into the arena. Returns how many.
  @discardableResult
  public mutating func load(latents: Span<Int16>) throws(ThimbleError) -> Int {
    let length = model.latentLength
    try require(UInt64(latents.count), .multipleOf, UInt64(length), "latents", code: .arguments)
    try require(UInt64(latents.count), .atMost, UInt64(length * images), "latents", code: .arguments)
    for image in 0..<latents.count / length {
      store(latents.extracting(image * length..<(image + 1) * length), image: image)
    }
    return latents.count / length
  }

  /// Puts the latent of a seed into the arena, as that of an image below `images`.
  public mutating func load(seed: UInt64, image: Int) {
    precondition(image >= 0 && image < images)
    var room = InlineArray<1024, Int16>(repeating: 0)
    var latent = room.mutableSpan
    model.distribution.fill(&latent, count: model.latentLength, seed: seed)
    store(latent.span.extracting(first: model.latentLength), image: image)
  }

  /// Copies a latent into the arena, zeros behind it.
  private func store(_ latent: Span<Int16>, image: Int) {
    let first = model.layout.layers[0]
    let start = arena.firstImage + (image * arena.imageStride + Int(first.inputOffset))
    let count = Int(first.inputByteCount) / 2
    start.withMemoryRebound(to: Int16.self, capacity: count) { numbers in
      numbers.initialize(repeating: 0, count: count)
      for i in 0..<latent.count { numbers[i] = latent[i] }
    }
  }

  /// Runs one layer, below `model.layerCount`, for the first images, whose input the layer before has left in the arena. Only
  /// the last layer writes to `pixels`.
  public mutating func run(
    layer index: Int, images count: Int, into pixels: inout MutableSpan<UInt8>, parallelFor: ParallelFor = runInOrder
  ) throws(ThimbleError) {
    try require(UInt64(clamping: index), .below, UInt64(model.layerCount), "layer", code: .arguments)
    try require(UInt64(clamping: count), .atMost, UInt64(images), "images", code: .arguments)
    try require(UInt64(pixels.count), .atLeast, UInt64(count * model.imageByteCount), "pixels", code: .arguments)
    if count == 0 { return }
    pixels.withUnsafeMutableBufferPointer { runUnchecked(index, count, $0.baseAddress!, parallelFor) }
  }

  /// The map that a layer but the last has left in the arena, u8 [height][width][up(channels, 16)]; valid until the layer
  /// after the next has run.
  public func map(ofLayer index: Int, image: Int) -> UnsafeRawBufferPointer {
    precondition(index >= 0 && index < model.layerCount - 1 && image >= 0 && image < images)
    let record = model.layout.layers[index]
    let start = arena.firstImage + (image * arena.imageStride + Int(record.outputOffset))
    return UnsafeRawBufferPointer(start: start, count: Int(record.output.positions * record.output.positionStride))
  }

  private func runUnchecked(
    _ index: Int, _ count: Int, _ pixels: UnsafeMutablePointer<UInt8>, _ parallelFor: ParallelFor
  ) {
    let set = model.instructionSet
    if index == 0 {
      let layer = denseLayer(images: count)
      parallelFor(layer.unitCount) { set.dense(layer, unit: $0) }
    } else if index < model.layerCount - 1 {
      let layer = convolution(index, images: count)
      parallelFor(layer.unitCount) { set.fractionallyStridedConvolution(layer, unit: $0) }
    } else {
      let layer = outputLayer(index, images: count, pixels)
      parallelFor(layer.unitCount) { set.outputConvolution(layer, unit: $0) }
    }
  }
}

// From the file's records to what the kernels take. All sizes were checked when the model was loaded.

extension Generator {
  private func denseLayer(images count: Int) -> IntegerDense {
    let record = model.layout.layers[0]
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

  private func convolution(_ index: Int, images count: Int) -> IntegerConvolution {
    let record = model.layout.layers[index]
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
    return layer
  }

  private func outputLayer(_ index: Int, images count: Int, _ pixels: UnsafeMutablePointer<UInt8>) -> IntegerConvolution
  {
    var layer = convolution(index, images: count)
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
