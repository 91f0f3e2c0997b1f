// One step at a time: what `generate` is made of, and what a caller uses who wants to see the maps in between.

extension Generator {
  /// Puts whole latents, at most `images`, into the arena. Returns how many.
  @discardableResult
  package mutating func load(latents: Span<Int16>) throws(ThimbleError) -> Int {
    let length = model.latentLength
    try require(UInt64(latents.count), .multipleOf, UInt64(length), "latents", code: .arguments)
    try require(UInt64(latents.count), .atMost, UInt64(length * images), "latents", code: .arguments)
    for image in 0..<latents.count / length {
      store(latents.extracting(image * length..<(image + 1) * length), image: image)
    }
    return latents.count / length
  }

  /// Puts the latent of a seed into the arena, as that of an image below `images`.
  /// - Parameter chosen: its class, below `model.classCount`; the seed modulo the classes unless told.
  package mutating func load(seed: UInt64, class chosen: Int? = nil, image: Int) {
    precondition(image >= 0 && image < images)
    var room = InlineArray<1024, Int16>(repeating: 0)
    var latent = room.mutableSpan
    model.latents.fill(&latent, seed: seed, class: chosen)
    store(latent.span.extracting(first: model.latentLength), image: image)
  }

  /// Copies a latent into the arena, zeros behind it.
  private func store(_ latent: Span<Int16>, image: Int) {
    let first = model.layout.latentLayer
    let start = unsafe arena.firstImage + (image * arena.imageStride + Int(first.inputOffset))
    let count = Int(first.inputByteCount) / 2
    unsafe start.withMemoryRebound(to: Int16.self, capacity: count) { numbers in
      unsafe numbers.initialize(repeating: 0, count: count)
      for i in 0..<latent.count { unsafe numbers[i] = latent[i] }
    }
  }

  /// Runs one layer, below `model.layerCount`, for the first images, whose input the layer before has left in the arena. Only
  /// the last layer writes to `pixels`.
  ///
  /// Throws for a layer that the plan streams, since it runs together with those behind it: a model opened with `plan: .wholeLayers`
  /// has none.
  package mutating func run(
    layer index: Int, images count: Int, into pixels: inout MutableSpan<UInt8>, parallelFor: ParallelFor = runInOrder
  ) throws(ThimbleError) {
    try require(UInt64(clamping: index), .below, UInt64(model.layerCount), "layer", code: .arguments)
    try require(
      UInt64(index), .below, UInt64(rowStream().firstLayer), "layer, to run alone", code: .arguments)
    try require(UInt64(clamping: count), .atMost, UInt64(images), "images", code: .arguments)
    try require(UInt64(pixels.count), .atLeast, UInt64(count * model.imageByteCount), "pixels", code: .arguments)
    if count == 0 { return }
    unsafe pixels.withUnsafeMutableBufferPointer { unsafe runAlone(index, count, $0.baseAddress!, parallelFor) }
  }

  /// The map that a layer but the last has left in the arena, u8 [height][width][up(channels, 16)]; valid until the next layer
  /// runs, or until the one after it in a model opened with `plan: .wholeLayers`. The layer must not be one that the plan streams.
  package func map(ofLayer index: Int, image: Int) -> UnsafeRawBufferPointer {
    precondition(index >= 0 && index < model.layerCount - 1 && image >= 0 && image < images)
    let record = model.layout.layers[index]
    precondition(record.schedule != .streamed, "open the model with plan: .wholeLayers")
    let start = unsafe arena.firstImage + (image * arena.imageStride + Int(record.outputOffset))
    return unsafe UnsafeRawBufferPointer(
      start: start, count: Int(record.output.positions * record.output.positionStride))
  }
}
