import Thimble
import ThimbleBoard
import ThimbleSampling

/// What makes the images of one command, in memory that is all taken before the first one: the model, its arena, one image, and
/// a row of a sheet if there is one.
struct Sampler: ~Copyable {
  var generator: Generator
  var latents: ImageLatents
  private let path: Path
  private let latent: UnsafeMutableBufferPointer<Int16>
  private let image: UnsafeMutableBufferPointer<UInt8>

  /// Bytes of latent and image.
  let roomByteCount: Int

  /// - Parameter path: the model's, for messages.
  init(_ model: consuming Model, _ latents: ImageLatents, _ path: Path) throws(Refusal) {
    let (length, size) = (model.latentLength, model.imageByteCount)
    let generator = try generatorOf(model, path)
    // A latent keeps to its own cache lines.
    let latentByteCount = (2 * length + 63) / 64 * 64
    let room = try room(latentByteCount + size)
    self.generator = generator
    (self.latents, self.path) = (latents, path)
    roomByteCount = room.count
    latent = UnsafeMutableRawBufferPointer(rebasing: room[..<(2 * length)]).bindMemory(to: Int16.self)
    image = UnsafeMutableRawBufferPointer(rebasing: room[latentByteCount...]).bindMemory(to: UInt8.self)
  }

  /// The pixels of the next image, until the one after it is made.
  @inline(never)
  mutating func next() throws(Refusal) -> UnsafeRawBufferPointer {
    try latents.next(latent)
    try make(latent)
    return UnsafeRawBufferPointer(image)
  }

  /// The pixels of a seed's image, until the next one is made.
  @inline(never)
  mutating func make(seed: UInt64) throws(Refusal) -> UnsafeRawBufferPointer {
    fill(latent, generator.model.distribution, seed: seed)
    try make(latent)
    return UnsafeRawBufferPointer(image)
  }

  private mutating func make(_ latent: UnsafeMutableBufferPointer<Int16>) throws(Refusal) {
    var pixels = MutableSpan(_unsafeElements: image)
    do {
      try generator.generate(latents: latent.span, into: &pixels, parallelFor: shareLoop)
    } catch { throw refusal(error, path) }
  }
}

/// A generator with an arena of its own.
private func generatorOf(_ model: consuming Model, _ path: Path) throws(Refusal) -> Generator {
  // One image at a time is far below what memory can be.
  let arena = try room(model.arenaByteCount()!)
  do {
    return try Generator(model, arena: arena)
  } catch { throw refusal(error, path) }
}
