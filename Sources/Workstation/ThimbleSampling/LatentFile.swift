import SamplerSupport
import Thimble
import ThimbleBatches
import ThimbleStorage

/// Latents from outside, in f32.
package enum LatentFile {
  /// Reads rows of `length` numbers and rounds them to Q3.12, halves to even, saturated.
  package static func read(_ path: String, length: Int) throws(FileError) -> LatentBatch {
    let floats = path.hasSuffix(".f32") ? try raw(path, length: length) : try tensor(path, length: length)
    var latents: [Int16] = []
    latents.reserveCapacity(floats.count)
    for (index, value) in floats.enumerated() {
      guard let element = Q3x12.nearest(value) else {
        throw FileError(
          .badData, file: path, field: "latent \(index / length), element \(index % length)", found: "NaN",
          wanted: "a number", advice: "Replace the NaN with a number.")
      }
      latents.append(element)
    }
    return LatentBatch(latents, length: length)
  }

  /// Writes latents as f32, exactly: what `read` makes the same rows of.
  package static func write(_ latents: LatentBatch, to path: String) throws(FileError) {
    var writer = try SafetensorsWriter(
      path: path, metadata: [:], entries: [.init("latents", .f32, [latents.count, latents.length])])
    try writer.append(latents.values)
    try writer.commit()
  }

  private static func tensor(_ path: String, length: Int) throws(FileError) -> [Float] {
    let tensor = try SafetensorsFile(path: path).tensor("latents", .f32, shape: [nil, length])
    try checkCount(tensor.shape[0], path)
    try Room.check(6 * tensor.elementCount, for: "\(tensor.shape[0]) latents", file: path, advice: "Split the file.")
    return try nonempty(tensor.floats(), path)
  }

  private static func raw(_ path: String, length: Int) throws(FileError) -> [Float] {
    let file = try MappedFile(path: path)
    defer { withExtendedLifetime(file) {} }
    guard unsafe file.bytes.count % (4 * length) == 0 else {
      throw FileError(
        .badData, file: path, field: "size", found: unsafe "\(file.bytes.count) bytes",
        wanted: "a multiple of \(4 * length): rows of \(length) f32 numbers",
        advice: "Make latents of \(length) numbers for this generator.")
    }
    let rows = unsafe file.bytes.count / (4 * length)
    try checkCount(rows, path)
    try Room.check(6 * rows * length, for: "\(rows) latents", file: path, advice: "Split the file.")
    let floats = unsafe (0..<(file.bytes.count / 4)).map {
      unsafe Float(bitPattern: UInt32(littleEndian: file.bytes.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self)))
    }
    return try nonempty(floats, path)
  }

  private static func checkCount(_ rows: Int, _ path: String) throws(FileError) {
    guard rows > SeedRanges.largestCount else { return }
    throw FileError(
      .badData, file: path, field: "latents", found: "\(rows) rows", wanted: "at most \(SeedRanges.largestCount)",
      advice: "Split the file.")
  }

  private static func nonempty(_ floats: [Float], _ path: String) throws(FileError) -> [Float] {
    if !floats.isEmpty { return floats }
    throw FileError(
      .badData, file: path, field: "latents", found: "none", wanted: "at least one row",
      advice: "Name a file with latents.")
  }
}
