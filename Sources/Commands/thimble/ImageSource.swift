import Foundation
import Thimble
import ThimbleStatistics
import ThimbleNetworks
import ThimbleStorage
import ThimbleTraining

/// What images come from: an exported generator, by integers, or a checkpoint, by f32.
struct ImageSource {
  private enum Kind {
    case exported(path: String)
    case checkpoint(path: String, StoredGenerator)
  }

  let height: Int
  let width: Int
  let channels: Int
  let latents: LatentSource
  private var kind: Kind
  private let compute: ComputeOptions

  /// Opens the file at `path`, whichever of the two it is.
  init(path: String, compute: ComputeOptions) throws(FileError) {
    self.compute = compute
    if try Self.isExported(path) {
      let model = try Model.open(path)
      (height, width) = (Int(model.imageShape.height), Int(model.imageShape.width))
      channels = Int(model.imageShape.channels)
      latents = model.latents
      kind = .exported(path: path)
    } else {
      let stored = try StoredGenerator(path: path)
      (height, width, channels) = (stored.imageSide, stored.imageSide, stored.imageChannels)
      latents = stored.latents
      kind = .checkpoint(path: path, stored)
    }
  }

  /// Whether the file begins as .thimble files do.
  static func isExported(_ path: String) throws(FileError) -> Bool {
    if path.hasSuffix(".thimble") { return true }
    let file = try MappedFile(path: path)
    return withExtendedLifetime(file) { file.bytes.starts(with: Array("THIMBLE\u{1A}".utf8)) }
  }

  /// Numbers of a latent.
  var latentLength: Int { latents.count }
  var imageByteCount: Int { height * width * channels }

  /// Freezes a checkpoint's statistics once, for whoever asks for images in several parts.
  mutating func freeze() throws(FileError) {
    guard case .checkpoint(let path, var stored) = kind, stored.statistics == nil else { return }
    stored.statistics = frozen(stored, try network(stored))
    kind = .checkpoint(path: path, stored)
  }

  private func network(_ stored: StoredGenerator) throws(FileError) -> Network {
    stored.network(capacity: FrozenStatistics.batchSize, workers: compute.workers, kernels: try compute.kernels())
  }

  private func frozen(_ stored: StoredGenerator, _ network: Network) -> FrozenStatistics {
    var bar = ProgressLine()
    defer { bar.finish() }
    return network.freeze(stored.latents) { done in
      bar.show { "freezing batch statistics  \(done) of \(FrozenStatistics.batches)" }
    }
  }

  /// Pixels u8 [count][height][width][channels] of latents in Q3.12.
  func pixels(_ latents: [Int16]) throws(FileError) -> [UInt8] {
    switch kind {
    case .exported(let path): try exportedPixels(path, latents)
    case .checkpoint(let path, let stored): try checkpointImages(path, stored, latents).map(Pixel.byte)
    }
  }

  /// Images f32 in [-1, 1], in the same order.
  func images(_ latents: [Int16]) throws(FileError) -> [Float] {
    switch kind {
    case .exported(let path): try exportedPixels(path, latents).map { Float($0) / 127.5 - 1 }
    case .checkpoint(let path, let stored): try checkpointImages(path, stored, latents)
    }
  }

  private func exportedPixels(_ path: String, _ latents: [Int16]) throws(FileError) -> [UInt8] {
    let model = try Model.open(path)
    // Many images at once share the reading of the weights; an arena of 256 MB is enough for that.
    let most = max(1, min(64, (1 << 28) / Int(model.layout.header.arena.image)))
    let (batch, size) = (min(most, max(1, latents.count / latentLength)), imageByteCount)
    let arena = UnsafeMutableRawBufferPointer.allocate(
      byteCount: model.arenaByteCount(images: batch, workers: compute.threadCount)!, alignment: 64)
    defer { arena.deallocate() }
    var pixels: [UInt8] = []
    var part = [UInt8](repeating: 0, count: batch * size)
    do {
      var generator = try Generator(model, arena: arena, images: batch, workers: compute.threadCount)
      for first in stride(from: 0, to: latents.count / latentLength, by: batch) {
        let images = min(batch, latents.count / latentLength - first)
        var span = part.mutableSpan
        try generator.generate(
          latents: latents.span.extracting(first * latentLength..<(first + images) * latentLength), into: &span,
          parallelFor: compute.workers.parallelFor)
        pixels += part.prefix(images * size)
      }
    } catch { throw FileError(error, file: path) }
    return pixels
  }

  private func checkpointImages(_ path: String, _ stored: StoredGenerator, _ latents: [Int16]) throws(FileError)
    -> [Float]
  {
    let network = try network(stored)
    network.setStatistics(stored.statistics ?? frozen(stored, network))
    let rows = latents.map { Float($0) / 4096 }
    var images: [Float] = []
    for first in stride(from: 0, to: rows.count / latentLength, by: network.capacity) {
      let count = min(network.capacity, rows.count / latentLength - first)
      rows.withUnsafeBufferPointer {
        network.forward($0.baseAddress! + first * latentLength, images: count, frozen: true)
      }
      images += UnsafeBufferPointer(start: network.output, count: count * network.outputCount)
    }
    guard images.allSatisfy(\.isFinite) else {
      throw FileError(
        .badData, file: path, field: "images", found: "numbers that are not finite",
        wanted: "weights whose sums f32 can hold",
        advice: "The weights are damaged or diverged; take an earlier checkpoint.")
    }
    return images
  }
}

extension Model {
  /// Maps and checks the model at `path`.
  static func open(_ path: String, plan: MemoryPlan = .ofFile) throws(FileError) -> Model {
    let set = try InstructionSet.current()
    // The runtime knows only numbers of system errors; this one tells a folder and an empty file from a bad disk.
    guard try !MappedFile(path: path).bytes.isEmpty else {
      throw FileError(
        .badData, file: path, field: "size", found: "0 bytes", wanted: "a .thimble file",
        advice: "Fetch or export the model again.")
    }
    do {
      return try Model(path: path, instructionSet: set, plan: plan)
    } catch { throw FileError(error, file: path) }
  }
}
