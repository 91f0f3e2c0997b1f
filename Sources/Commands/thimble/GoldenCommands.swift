import ArgumentParser
import Foundation
import Thimble
import SamplerSupport
import ThimbleStorage

struct GoldenCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "golden", abstract: "Write the digests of a generator's images, to verify by.")

  @Argument(help: "A .thimble file.") var generator: String
  @Option(help: "Seeds: 0-63.") var seeds: SeedList
  @Option(name: .shortAndLong, help: "The golden file to write.") var output: String
  @OptionGroup var compute: ComputeOptions

  func run() throws {
    let digests = try GoldenFile.digests(generator, seeds.seeds, compute)
    let text = zip(digests, seeds.seeds).map { "\($0)  \($1)\n" }.joined()
    let file = try AtomicFile(path: output)
    try file.write(text)
    try file.commit()
    print("\(output): \(digests.count) digests")
  }
}

struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Check that a generator makes the very pixels of its golden file.")

  @Argument(help: "A .thimble file.") var generator: String
  @Argument(help: "A golden file: lines of `sha256-of-the-pixels  seed`.") var golden: String
  @OptionGroup var compute: ComputeOptions

  func run() throws {
    let lines = try GoldenFile.read(golden)
    let digests = try GoldenFile.digests(generator, lines.map(\.seed), compute)
    for (line, digest) in zip(lines, digests) where line.digest != digest {
      throw FileError(
        .badData, file: generator, field: "pixels of seed \(line.seed)", found: digest, wanted: line.digest,
        advice: "The generator is not the one the golden file was made from, or this build computes wrongly.")
    }
    print("\(generator): \(lines.count) images as in \(golden) (\(try InstructionSet.current().name))")
  }
}

/// Lines of `sha256-of-the-pixels  seed`.
enum GoldenFile {
  /// Images that are held at once.
  private static let batch = 256

  static func digests(_ generator: String, _ seeds: [UInt64], _ compute: ComputeOptions) throws(FileError) -> [String] {
    // Goldens are of integers: a checkpoint is refused here.
    _ = try Model.open(generator)
    let source = try ImageSource(path: generator, compute: compute)
    let size = source.imageByteCount
    var digests: [String] = []
    for first in stride(from: 0, to: seeds.count, by: batch) {
      let pixels = try source.pixels(
        LatentOptions.rows(of: source, Array(seeds[first..<min(first + batch, seeds.count)])))
      pixels.withUnsafeBytes { pixels in
        for at in stride(from: 0, to: pixels.count, by: size) {
          digests.append(Digest.hexadecimal(UnsafeRawBufferPointer(rebasing: pixels[at..<(at + size)])))
        }
      }
    }
    return digests
  }

  static func read(_ path: String) throws(FileError) -> [(digest: String, seed: UInt64)] {
    let file = try MappedFile(path: path)
    defer { withExtendedLifetime(file) {} }
    func bad(_ line: Int, _ found: String) -> FileError {
      FileError(
        .badData, file: path, field: "line \(line)", found: found, wanted: "64 hexadecimal digits, two spaces, a seed",
        advice: "Make the golden file again with `thimble golden`.")
    }
    if file.bytes.starts(with: Array("THIMBLE\u{1A}".utf8)) { throw bad(1, "a .thimble file; it comes first") }
    guard file.bytes.count <= GoldenLine.largestByteCount else { throw bad(0, "\(file.bytes.count) bytes") }
    var lines: [(digest: String, seed: UInt64)] = []
    let text = file.bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (index, bytes) in text.enumerated() where !bytes.isEmpty {
      guard let line = UnsafeRawBufferPointer(rebasing: bytes).withMemoryRebound(to: UInt8.self, GoldenLine.init) else {
        throw bad(index + 1, "\"\(String(decoding: bytes.prefix(80), as: UTF8.self))\"")
      }
      lines.append((String(decoding: line.digits, as: UTF8.self), line.seed))
    }
    guard !lines.isEmpty else { throw bad(1, "nothing") }
    return lines
  }
}

extension InstructionSet {
  /// The set in force, as a file error where there is none.
  static func current() throws(FileError) -> InstructionSet {
    do {
      return try inForce()
    } catch {
      throw FileError(
        .usage, file: "THIMBLE_ISA", field: "\(error.field)",
        found: ProcessInfo.processInfo.environment["THIMBLE_ISA"] ?? "nothing",
        wanted: "one of "
          + allCases.filter { $0.isBuiltIn && $0.isOffered }.map { "\($0.name)" }.joined(separator: ", "),
        advice: "Unset THIMBLE_ISA, or name one of these sets.")
    }
  }
}
