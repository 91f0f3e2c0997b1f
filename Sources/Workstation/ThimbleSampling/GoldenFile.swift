import SamplerSupport
import Thimble
import ThimbleBatches
import ThimbleStorage
import ThimbleThreads

/// Lines of `sha256-of-the-pixels  seed`.
package enum GoldenFile {
  /// Images that are held at once.
  private static let batch = 256

  /// SHA-256 of the pixels of each seed, as an exported generator makes them.
  package static func digests(
    _ generator: String, _ seeds: [UInt64], workers: Workers
  ) throws(FileError) -> [String] {
    // Goldens are of integers: a checkpoint is refused here.
    _ = try Model.open(generator)
    let source = try ImageSource(path: generator, workers: workers)
    var digests: [String] = []
    for first in stride(from: 0, to: seeds.count, by: batch) {
      let images = try source.pixels(source.latents(seeds[first..<min(first + batch, seeds.count)]))
      unsafe images.withImages { image in
        for number in 0..<images.count { unsafe digests.append(Digest.hexadecimal(image(number))) }
      }
    }
    return digests
  }

  /// Writes digests and their seeds, whole or not at all. Throws `cannotWrite` or `inputOutput`.
  package static func write(_ digests: [String], _ seeds: [UInt64], to path: String) throws(FileError) {
    let file = try AtomicFile(path: path)
    try file.write(zip(digests, seeds).map { "\($0)  \($1)\n" }.joined())
    try file.commit()
  }

  /// Reads the lines of a golden file. Throws `missing`, `inputOutput` or `badData`.
  package static func read(_ path: String) throws(FileError) -> [(digest: String, seed: UInt64)] {
    let file = try MappedFile(path: path)
    defer { withExtendedLifetime(file) {} }
    func bad(_ line: Int, _ found: String) -> FileError {
      FileError(
        .badData, file: path, field: "line \(line)", found: found, wanted: "64 hexadecimal digits, two spaces, a seed",
        advice: "Make the golden file again with `thimble golden`.")
    }
    if unsafe file.bytes.starts(with: Array("THIMBLE\u{1A}".utf8)) {
      throw bad(1, "a .thimble file; name it before the golden file")
    }
    guard unsafe file.bytes.count <= GoldenLine.largestByteCount else {
      throw bad(0, unsafe "\(file.bytes.count) bytes")
    }
    var lines: [(digest: String, seed: UInt64)] = []
    let text = unsafe file.bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for index in unsafe text.indices where unsafe !text[index].isEmpty {
      let bytes = unsafe text[index]
      guard let line = unsafe UnsafeRawBufferPointer(rebasing: bytes).withMemoryRebound(to: UInt8.self, GoldenLine.init)
      else {
        throw bad(index + 1, unsafe "\"\(String(decoding: bytes.prefix(80), as: UTF8.self))\"")
      }
      unsafe lines.append((String(decoding: line.digits, as: UTF8.self), line.seed))
    }
    guard !lines.isEmpty else { throw bad(1, "nothing") }
    return lines
  }
}
