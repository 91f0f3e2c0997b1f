import Foundation
import Thimble
import ThimbleStorage
import ThimbleThreads

/// A generator with all that a run needs: arena, pixels, threads.
@safe final class BenchedGenerator {
  private var generator: Generator
  private let arena: UnsafeMutableRawBufferPointer
  /// u8 [batch][height][width][channels], of the last run.
  let pixels: UnsafeMutableBufferPointer<UInt8>
  let batch: Int
  let layout: Layout
  let instructionSet: InstructionSet
  let arenaByteCount: Int
  private let path: String
  private let parallelFor: ParallelFor
  /// Q3.12 [batch][length].
  private let latents: UnsafeMutableBufferPointer<Int16>

  init(_ model: consuming Model, path: String, batch: Int, workers: Workers) throws(FileError) {
    self.path = path
    self.batch = batch
    (layout, instructionSet) = (model.layout, model.instructionSet)
    guard let byteCount = model.arenaByteCount(images: batch, workers: workers.count), byteCount <= 1 << 34 else {
      throw FileError(
        .usage, file: path, field: "arena", found: "\(batch) images of \(model.layout.header.arena.image) bytes",
        wanted: "at most 16 GB", advice: "Use a smaller --batch.")
    }
    arenaByteCount = byteCount
    try Room.check(
      byteCount + batch * (2 * model.latentLength + model.imageByteCount),
      for: batch == 1 ? "an image and its arena" : "\(batch) images and their arena",
      file: path, advice: "Free some memory, or use a smaller --batch.")
    unsafe latents = .allocate(capacity: batch * model.latentLength)
    unsafe pixels = .allocate(capacity: batch * model.imageByteCount)
    unsafe arena = .allocate(byteCount: byteCount, alignment: 64)
    parallelFor = workers.parallelFor
    do {
      generator = try unsafe Generator(model, arena: arena, images: batch, workers: workers.count)
    } catch { throw FileError(error, file: path) }
  }

  deinit {
    unsafe arena.deallocate()
    unsafe pixels.deallocate()
    unsafe latents.deallocate()
  }

  var latentLength: Int { Int(layout.header.latentLength) }
  var imageByteCount: Int { Int(layout.header.image.positions) * Int(layout.header.image.channels) }
  var layerCount: Int { Int(layout.header.layerCount) }
  var layers: [LayerRecord] { (0..<layerCount).map { layout.layers[$0] } }

  /// One whole run: latents f32 [images][length] without NaN, at most `batch`, to `pixels`.
  func run(_ rows: UnsafeBufferPointer<Float>) throws(FileError) {
    for index in rows.indices { unsafe latents.initializeElement(at: index, to: Q3x12.nearest(rows[index]) ?? 0) }
    let latents = unsafe Span(_unsafeElements: UnsafeBufferPointer(rebasing: latents[..<rows.count]))
    var span = unsafe MutableSpan(_unsafeElements: pixels)
    do {
      try generator.generate(
        latents: latents, into: &span, parallelFor: parallelFor)
    } catch { throw FileError(error, file: path) }
  }

  /// Makes `batch` images layer by layer: calls `before` and `after` around each.
  func runLayers(
    _ rows: UnsafeBufferPointer<Float>, before: (Int) -> Void, after: (Int) -> Void
  ) throws(FileError) {
    for index in rows.indices { unsafe latents.initializeElement(at: index, to: Q3x12.nearest(rows[index]) ?? 0) }
    let latents = unsafe Span(_unsafeElements: UnsafeBufferPointer(rebasing: latents[..<rows.count]))
    var span = unsafe MutableSpan(_unsafeElements: pixels)
    do {
      try generator.load(latents: latents)
      for layer in 0..<layerCount {
        before(layer)
        try generator.run(layer: layer, images: batch, into: &span, parallelFor: parallelFor)
        after(layer)
      }
    } catch { throw FileError(error, file: path) }
  }

  /// CRC-32C of the first image's output of a layer that has just run: u8 [height][width][up(channels, 16)], or its pixels.
  func checksum(ofLayer index: Int) -> UInt32 {
    let bytes =
      unsafe index + 1 < layerCount
      ? generator.map(ofLayer: index, image: 0)
      : UnsafeRawBufferPointer(start: pixels.baseAddress, count: imageByteCount)
    return unsafe ~instructionSet.kernels.crc32c(0xFFFF_FFFF, bytes.baseAddress!, bytes.count)
  }
}
