/// Runs `body` for 0 ..< count, in any order, on as many threads as the implementer likes, and returns when all are done.
public typealias ParallelFor = (_ count: Int, _ body: @Sendable (Int) -> Void) -> Void

/// Turns latents into pixels: a model, and the arena in which all of its maps live.
///
/// The pixels of an image depend on the model and the latent alone. Nothing is allocated after `init`, and nothing can fail but
/// for wrong counts: the model was checked as a whole when it was loaded.
public struct Generator: ~Copyable {
  /// What this generator runs.
  public let model: Model
  /// How many images at once the arena has room for.
  public let images: Int
  let arena: Arena

  /// Takes over a model and borrows an arena, aligned to 64, of at least `model.arenaByteCount(images:workers:)` bytes, which
  /// must outlive the generator and which nobody else may use meanwhile. Throws if it is too small or not aligned, or if
  /// `images` or `workers` are not 1 to 65,536. Workers take no bytes so far: more threads than that do no harm.
  public init(
    _ model: consuming Model, arena: UnsafeMutableRawBufferPointer, images: Int = 1, workers: Int = 1
  ) throws(ThimbleError) {
    self.arena = try unsafe Arena(arena, model.layout.header.arena, images: images, workers: workers)
    self.images = images
    self.model = model
  }

  /// The image of a seed and a class. `pixels`: u8 [height][width][channels]. Throws for a class that the model does not know.
  @export(interface)
  public mutating func generate(
    seed: UInt64, class chosen: Int, into pixels: inout MutableSpan<UInt8>, parallelFor: ParallelFor = runInOrder
  ) throws(ThimbleError) {
    try require(UInt64(bitPattern: Int64(chosen)), .below, UInt64(model.classCount), "class", code: .arguments)
    load(seed: seed, class: chosen, image: 0)
    try run(images: 1, into: &pixels, parallelFor)
  }

  /// The image of a seed; its class, where there are classes, is the seed modulo their number. `pixels`: u8 [height][width][channels].
  @export(interface)
  public mutating func generate(
    seed: UInt64, into pixels: inout MutableSpan<UInt8>, parallelFor: ParallelFor = runInOrder
  ) throws(ThimbleError) {
    load(seed: seed, image: 0)
    try run(images: 1, into: &pixels, parallelFor)
  }

  /// The images of some seeds, at most `images`; for none, nothing happens. `pixels`: u8 [n][height][width][channels].
  @export(interface)
  public mutating func generate(
    seeds: Span<UInt64>, into pixels: inout MutableSpan<UInt8>, parallelFor: ParallelFor = runInOrder
  ) throws(ThimbleError) {
    try require(UInt64(seeds.count), .atMost, UInt64(images), "seeds", code: .arguments)
    for image in 0..<seeds.count { load(seed: seeds[image], image: image) }
    try run(images: seeds.count, into: &pixels, parallelFor)
  }

  /// The images of some latents, at most `images`; for none, nothing happens.
  ///
  /// - Parameters:
  ///   - latents: int16 in Q3.12, [n][latent length].
  ///   - pixels: u8 [n][height][width][channels].
  ///   - parallelFor: who runs the parts of a layer.
  @export(interface)
  public mutating func generate(
    latents: Span<Int16>, into pixels: inout MutableSpan<UInt8>, parallelFor: ParallelFor = runInOrder
  ) throws(ThimbleError) {
    let count = try load(latents: latents)
    try run(images: count, into: &pixels, parallelFor)
  }

  /// All layers, for the latents that are loaded.
  private mutating func run(
    images count: Int, into pixels: inout MutableSpan<UInt8>, _ parallelFor: ParallelFor
  ) throws(ThimbleError) {
    try require(UInt64(pixels.count), .atLeast, UInt64(count * model.imageByteCount), "pixels", code: .arguments)
    if count == 0 { return }
    unsafe pixels.withUnsafeMutableBufferPointer { unsafe runAll(count, $0.baseAddress!, parallelFor) }
  }
}

/// One part after the other, on the caller's thread.
public func runInOrder(_ count: Int, _ body: @Sendable (Int) -> Void) {
  for part in 0..<count { body(part) }
}
