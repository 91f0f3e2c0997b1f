import ArgumentParser
import Foundation
import Thimble
import ThimbleStorage

/// Which images: seeds, or latents from a file.
struct LatentOptions: ParsableArguments {
  @Option(help: "Seeds: 85,265,600-605.") var seeds: SeedList?
  @Option(
    help: "Latents: a safetensors file with an F32 tensor `latents` [N, length], or raw little-endian rows (.f32).")
  var latents: String?

  /// Bytes of pixels that one command makes at most.
  private static let largestByteCount = 1 << 30

  /// The latents in Q3.12, with the seeds that name them, if seeds do.
  func rows(
    of source: ImageSource, positional: [SeedList], fallback: Int
  ) throws -> (latents: [Int16], seeds: [UInt64]?) {
    if let latents {
      guard seeds == nil, positional.isEmpty else { throw ValidationError("give seeds or --latents, not both") }
      return (try LatentFile.read(latents, length: source.latentLength), nil)
    }
    var seeds = positional.flatMap(\.seeds) + (self.seeds?.seeds ?? [])
    if seeds.isEmpty { seeds = (0..<UInt64(fallback)).map { $0 } }
    // All images are held until they are written.
    let most = Self.largestByteCount / source.imageByteCount
    guard seeds.count <= most else {
      throw FileError(
        .usage, file: "seeds", field: "images", found: "\(seeds.count) of \(source.imageByteCount) bytes",
        wanted: "at most \(most) at once", advice: "Sample them in several parts.")
    }
    return (Self.rows(of: source, seeds), seeds)
  }

  /// The latents of seeds.
  static func rows(of source: ImageSource, _ seeds: [UInt64]) -> [Int16] {
    let length = source.latentLength
    var rows: [Int16] = []
    var row = [Int16](repeating: 0, count: length)
    for seed in seeds {
      var span = row.mutableSpan
      source.distribution.fill(&span, seed: seed)
      rows += row
    }
    return rows
  }
}

/// `85,265,600-605`.
struct SeedList: ExpressibleByArgument {
  var seeds: [UInt64]
  /// No more than this many at once: a typing error should not fill the memory.
  static let limit: UInt64 = 1 << 20

  init?(argument: String) {
    var seeds: [UInt64] = []
    for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
      let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { UInt64($0) }
      guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1], first <= last,
        last - first < Self.limit, UInt64(seeds.count) + (last - first) < Self.limit
      else { return nil }
      seeds += first...last
    }
    self.seeds = seeds
  }
}

/// Latents from outside, in f32.
enum LatentFile {
  /// Reads rows of `length` numbers and rounds them to Q3.12, halves to even, saturated.
  static func read(_ path: String, length: Int) throws(FileError) -> [Int16] {
    let floats = path.hasSuffix(".f32") ? try raw(path, length: length) : try tensor(path, length: length)
    var latents: [Int16] = []
    latents.reserveCapacity(floats.count)
    for (index, value) in floats.enumerated() {
      guard let element = Q3x12.nearest(value) else {
        throw FileError(
          .badData, file: path, field: "latent \(index / length), element \(index % length)", found: "NaN",
          wanted: "a number", advice: "Replace what is not a number.")
      }
      latents.append(element)
    }
    return latents
  }

  private static func tensor(_ path: String, length: Int) throws(FileError) -> [Float] {
    let tensor = try SafetensorsFile(path: path).tensor("latents", .f32, shape: [nil, length])
    try checkCount(tensor.shape[0], path)
    return try nonempty(tensor.floats(), path)
  }

  private static func raw(_ path: String, length: Int) throws(FileError) -> [Float] {
    let file = try MappedFile(path: path)
    defer { withExtendedLifetime(file) {} }
    guard file.bytes.count % (4 * length) == 0 else {
      throw FileError(
        .badData, file: path, field: "size", found: "\(file.bytes.count) bytes",
        wanted: "a multiple of \(4 * length): rows of \(length) f32 numbers",
        advice: "The generator takes latents of \(length) numbers; make them for this one.")
    }
    try checkCount(file.bytes.count / (4 * length), path)
    let floats = (0..<(file.bytes.count / 4)).map {
      Float(bitPattern: UInt32(littleEndian: file.bytes.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self)))
    }
    return try nonempty(floats, path)
  }

  private static func checkCount(_ rows: Int, _ path: String) throws(FileError) {
    guard rows > SeedList.limit else { return }
    throw FileError(
      .badData, file: path, field: "latents", found: "\(rows) rows", wanted: "at most \(SeedList.limit)",
      advice: "Cut the file into several.")
  }

  private static func nonempty(_ floats: [Float], _ path: String) throws(FileError) -> [Float] {
    if !floats.isEmpty { return floats }
    throw FileError(
      .badData, file: path, field: "latents", found: "none", wanted: "at least one row",
      advice: "Name a file with latents.")
  }
}
