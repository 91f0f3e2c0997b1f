import Thimble
import ThimbleBatches
import ThimbleNetworks
import ThimbleStorage
import ThimbleThreads

/// What images come from: an exported generator, by integers, or a checkpoint, by f32.
package struct ImageSource {
  private enum Kind {
    /// Mapped once: a file that takes its place meanwhile changes nothing.
    case exported(MappedFile)
    case checkpoint(StoredGenerator)
    case frozen(PlainGenerator)
  }

  package let height: Int
  package let width: Int
  package let channels: Int
  /// What the latents of seeds are.
  package let latents: LatentSource
  /// What was left out, computed or taken for granted of a foreign file, a line each.
  package let notes: [String]
  private let path: String
  private var kind: Kind
  private let workers: Workers
  private let freezing: (_ done: Int, _ total: Int) -> Void

  /// Opens the file at `path`, whichever of the two it is. Throws `missing`, `inputOutput` or `badData`.
  /// - Parameter freezing: told of each minibatch when a checkpoint's batch statistics are made, from 1 to `total`.
  package init(
    path: String, workers: Workers, freezing: @escaping (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws(FileError) {
    (self.path, self.workers, self.freezing) = (path, workers, freezing)
    if try Self.isExported(path) {
      let file = try MappedFile(path: path)
      let model = try Model.open(file, .current())
      (height, width) = (Int(model.imageShape.height), Int(model.imageShape.width))
      channels = Int(model.imageShape.channels)
      (latents, notes) = (model.latents, [])
      kind = .exported(file)
    } else {
      let stored = try StoredGenerator(path: path)
      (height, width, channels) = (stored.imageSide, stored.imageSide, stored.imageChannels)
      (latents, notes) = (stored.latents, stored.notes)
      kind = .checkpoint(stored)
      // The paper's generators are frozen when their images are asked for, if they must be.
      if stored.statistics != nil || stored.recipeBeyondPaper != nil { try freeze() }
    }
  }

  /// Whether the file begins as .thimble files do.
  /// - Parameter byName: whether it is enough that its name ends so: what is wrong with it is then told as of such a file.
  package static func isExported(_ path: String, byName: Bool = true) throws(FileError) -> Bool {
    if byName && path.hasSuffix(".thimble") { return true }
    let file = try MappedFile(path: path)
    return withExtendedLifetime(file) { unsafe file.bytes.starts(with: Array("THIMBLE\u{1A}".utf8)) }
  }

  /// Numbers of a latent.
  package var latentLength: Int { latents.count }
  package var imageByteCount: Int { height * width * channels }

  /// The latents of seeds.
  /// - Parameter chosen: the class of all of them (default: each seed's own).
  package func latents(_ seeds: some Sequence<UInt64>, class chosen: Int? = nil) -> LatentBatch {
    LatentBatch(latents, seeds: seeds, class: chosen)
  }

  /// Freezes a checkpoint once, for callers that ask for images in several parts.
  package mutating func freeze() throws(FileError) {
    guard case .checkpoint(let stored) = kind else { return }
    kind = .frozen(try frozen(stored))
  }

  private func frozen(_ stored: StoredGenerator) throws(FileError) -> PlainGenerator {
    let kernels = FloatKernels(try .current())
    try stored.checkMemory(capacity: FrozenStatistics.batchSize, file: path, workers: workers, kernels: kernels)
    return PlainGenerator(stored, workers: workers, kernels: kernels) {
      freezing($0, FrozenStatistics.batches)
    }
  }

  /// The images of latents, as bytes.
  package func pixels(_ latents: LatentBatch) throws(FileError) -> ImageBatch<UInt8> {
    switch kind {
    case .exported(let file): try exportedImages(file, latents)
    case .checkpoint, .frozen: try images(latents).bytes
    }
  }

  /// The images of latents, f32 in [-1, 1].
  package func images(_ latents: LatentBatch) throws(FileError) -> ImageBatch<Float> {
    switch kind {
    case .exported(let file): try exportedImages(file, latents).values
    case .checkpoint(let stored): try checkpointImages(frozen(stored), latents)
    case .frozen(let generator): try checkpointImages(generator, latents)
    }
  }

  /// Images of the size that this source makes.
  package func batch<Element>(_ pixels: [Element]) -> ImageBatch<Element> {
    ImageBatch(pixels: pixels, height: height, width: width, channels: channels)
  }

  private func exportedImages(_ file: MappedFile, _ latents: LatentBatch) throws(FileError) -> ImageBatch<UInt8> {
    let model = try Model.open(file, .current())
    // Many images at once share the reading of the weights; an arena of 256 MB is enough for that.
    let most = max(1, min(64, (1 << 28) / Int(model.layout.header.arena.image)))
    let (atOnce, size, length) = (min(most, max(1, latents.count)), imageByteCount, latents.length)
    let arenaByteCount = model.arenaByteCount(images: atOnce, workers: workers.count)!
    try Room.check(
      arenaByteCount + (atOnce + 2 * latents.count) * size,
      for: latents.count == 1 ? "an image and its arena" : "\(latents.count) images and their arena", file: path,
      advice: "Free some memory, ask for fewer images, or export the model again with a smaller --arena.")
    let arena = UnsafeMutableRawBufferPointer.allocate(byteCount: arenaByteCount, alignment: 64)
    defer { unsafe arena.deallocate() }
    let rows = latents.elements
    var pixels: [UInt8] = []
    var part = [UInt8](repeating: 0, count: atOnce * size)
    do {
      var generator = try unsafe Generator(model, arena: arena, images: atOnce, workers: workers.count)
      for first in stride(from: 0, to: latents.count, by: atOnce) {
        let images = min(atOnce, latents.count - first)
        var span = part.mutableSpan
        try generator.generate(
          latents: rows.span.extracting(first * length..<(first + images) * length), into: &span,
          parallelFor: workers.parallelFor)
        pixels += part.prefix(images * size)
      }
    } catch { throw FileError(error, file: path) }
    try file.checkUnchanged()
    return batch(pixels)
  }

  private func checkpointImages(
    _ generator: PlainGenerator, _ latents: LatentBatch
  ) throws(FileError) -> ImageBatch<Float> {
    let (capacity, kernels) = (FrozenStatistics.batchSize, FloatKernels(try .current()))
    try generator.checkMemory(
      capacity: capacity, more: 8 * latents.count * imageByteCount, file: path, workers: workers, kernels: kernels)
    let network = generator.frozenNetwork(capacity: capacity, workers: workers, kernels: kernels)
    let (rows, count) = (latents.values, latents.count)
    var images: [Float] = []
    for first in stride(from: 0, to: count, by: network.capacity) {
      let part = min(network.capacity, count - first)
      unsafe rows.withUnsafeBufferPointer {
        unsafe network.forward($0.baseAddress! + first * latents.length, images: part, frozen: true)
      }
      unsafe images += UnsafeBufferPointer(start: network.output, count: part * network.outputCount)
    }
    guard images.allSatisfy(\.isFinite) else {
      throw FileError(
        .badData, file: path, field: "images", found: "numbers that are not finite",
        wanted: "weights with sums that fit f32",
        advice: "The weights are damaged or diverged: use an earlier checkpoint.")
    }
    return batch(images)
  }
}
