import Thimble
import SamplerSupport

/// What makes the images of one command, in memory that is all taken before the first one: the model, its arena, a latent and
/// an image.
struct Sampler {
  /// The model's path, for messages.
  let path: Path
  let shape: MapShape
  let latents: LatentSource
  let arenaByteCount: Int
  /// It takes some 2 KB: on the stack there would be several of it.
  let generator: UnsafeMutablePointer<Generator>
  private let latent: UnsafeMutableBufferPointer<Int16>
  private let image: UnsafeMutableBufferPointer<UInt8>

  /// Bytes of latent and image. A latent keeps to its own cache lines.
  var roomByteCount: Int { (2 * latents.count + 63) / 64 * 64 + image.count }

  /// Opens the model of a path.
  @inline(never)
  init(_ path: Path) throws(Refusal) {
    generator = try room(MemoryLayout<Generator>.stride).bindMemory(to: Generator.self).baseAddress!
    let model = try openModel(path)
    (self.path, shape, latents) = (path, model.imageShape, model.latents)
    arenaByteCount = model.arenaByteCount() ?? 0
    let pixelByteCount = model.imageByteCount
    let arena = try room(arenaByteCount)
    do {
      generator.initialize(to: try Generator(model, arena: arena))
    } catch { throw refusal(error, path) }
    let latentByteCount = (2 * latents.count + 63) / 64 * 64
    let room = try room(latentByteCount + pixelByteCount)
    latent = UnsafeMutableRawBufferPointer(rebasing: room[..<(2 * latents.count)]).bindMemory(to: Int16.self)
    image = UnsafeMutableRawBufferPointer(rebasing: room[latentByteCount...]).bindMemory(to: UInt8.self)
  }

  /// The pixels of the next image, until the one after it is made.
  @inline(never)
  func next(_ latents: inout ImageLatents) throws(Refusal) -> UnsafeRawBufferPointer {
    try latents.next(latent)
    return try make()
  }

  /// The pixels of a seed's image, until the next one is made.
  func make(seed: UInt64) throws(Refusal) -> UnsafeRawBufferPointer {
    fill(latent, ClassedSource(latents), seed: seed)
    return try make()
  }

  @inline(never)
  private func make() throws(Refusal) -> UnsafeRawBufferPointer {
    var pixels = MutableSpan(_unsafeElements: image)
    do {
      try generator.pointee.generate(latents: latent.span, into: &pixels, parallelFor: shareLoop)
    } catch { throw refusal(error, path) }
    return UnsafeRawBufferPointer(image)
  }
}
