import Thimble
import ThimbleNetworks
import ThimbleStorage
import ThimbleThreads

/// Runs a .thimble file in memory over many latents, for calibration and for the report.
struct IntegerRunner {
  let workers: Workers
  let instructionSet: InstructionSet
  private static let batch = 64

  /// Pixels of all images, u8 [count][height][width][channels].
  /// - Parameters:
  ///   - latents: Q3.12, [count][length].
  ///   - inspect: called after each layer but the last, with the layer, the image and its map, u8 [position][up(channels, 16)].
  func run(
    _ bytes: UnsafeRawBufferPointer, latents: [Int16], inspect: ((Int, Int, UnsafeRawBufferPointer) -> Void)? = nil
  ) throws(FileError) -> [UInt8] {
    let file = "exported generator"
    // Maps of single layers are looked at.
    let model: Model
    do {
      model = try unsafe Model(bytes, instructionSet: instructionSet, plan: .wholeLayers)
    } catch { throw FileError(error, file: file) }
    let (size, count) = (model.imageByteCount, latents.count / model.latentLength)
    let arenaByteCount = model.arenaByteCount(images: Self.batch)!
    try Room.check(
      arenaByteCount + (Self.batch + 2 * count) * size, for: "\(Self.batch) images at once", file: file,
      advice: "Free some memory, or use a generator with smaller widths.")
    let arena = UnsafeMutableRawBufferPointer.allocate(byteCount: arenaByteCount, alignment: 64)
    defer { unsafe arena.deallocate() }
    do {
      return try unsafe run(model, arena, latents, inspect)
    } catch { throw FileError(error, file: file) }
  }

  private func run(
    _ model: consuming Model, _ arena: UnsafeMutableRawBufferPointer, _ latents: [Int16],
    _ inspect: ((Int, Int, UnsafeRawBufferPointer) -> Void)?
  ) throws(ThimbleError) -> [UInt8] {
    let (length, size, layers) = (model.latentLength, model.imageByteCount, model.layerCount)
    let batch = Self.batch
    var generator = try unsafe Generator(model, arena: arena, images: batch)
    let count = latents.count / length
    var pixels: [UInt8] = []
    var part = [UInt8](repeating: 0, count: batch * size)
    for first in stride(from: 0, to: count, by: batch) {
      let images = min(batch, count - first)
      try generator.load(latents: latents.span.extracting(first * length..<(first + images) * length))
      for layer in 0..<layers {
        var span = part.mutableSpan
        try generator.run(layer: layer, images: images, into: &span, parallelFor: workers.parallelFor)
        guard let inspect = unsafe inspect, layer + 1 < layers else { continue }
        for image in 0..<images { unsafe inspect(layer, first + image, generator.map(ofLayer: layer, image: image)) }
      }
      pixels += part.prefix(images * size)
    }
    return pixels
  }
}
