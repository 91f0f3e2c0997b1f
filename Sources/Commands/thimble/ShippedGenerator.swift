import Foundation
import ThimbleNetworks
import ThimbleQuantization
import ThimbleSampling
import ThimbleStorage
import ThimbleTraining

/// The files that are shipped beside a provenance: the exported generator, its golden file, the networks it comes from.
struct ShippedGenerator {
  /// The folder of provenance.json.
  let folder: String
  let compute: ComputeOptions

  var generatorPath: String { folder + "/generator.thimble" }
  var goldenPath: String { folder + "/golden.txt" }
  var networksPath: String { folder + "/networks.safetensors" }

  /// Exports a checkpoint as `thimble export` does.
  func export(_ checkpoint: String, _ arguments: Provenance.Export, to path: String) throws(FileError) {
    let stored = try StoredGenerator(path: checkpoint)
    var exporter = Exporter(workers: compute.workers, instructionSet: try .current())
    exporter.calibrationCount = arguments.calibrate
    exporter.weights = WeightEncoding(rawValue: arguments.weights) ?? .int8
    exporter.largestArena = arguments.arena
    var bar = ProgressLine()
    _ = try exporter.export(
      stored, metadata: ExportCommand.metadata(stored, name: arguments.name), to: path
    ) { phase, done, total in
      bar.show(phase, done, of: total)
    }
    bar.finish()
  }

  /// Compares a file that was made again with the recorded digest and, where one is shipped, with the file itself.
  func compare(_ what: String, _ path: String, digest wanted: String, shipped shippedPath: String) throws(FileError) {
    let file = try MappedFile(path: path)
    defer { withExtendedLifetime(file) {} }
    let found = unsafe Digest.hexadecimal(file.bytes)
    guard found == wanted else {
      throw FileError(
        .badData, file: path, field: "SHA-256", found: found, wanted: wanted,
        advice: "The checkpoint matches, but this file does not: compare both files with `thimble inspect`.")
    }
    guard FileManager.default.fileExists(atPath: shippedPath) else {
      return verdict(what, unsafe "same, \(file.bytes.count) bytes, compared by digest: no such file is shipped")
    }
    let shipped = try MappedFile(path: shippedPath)
    defer { withExtendedLifetime(shipped) {} }
    if let place = unsafe Self.firstDifference(file.bytes, shipped.bytes) {
      throw FileError(
        .badData, file: shippedPath, field: "byte \(place)",
        found: unsafe place < shipped.bytes.count ? unsafe "\(shipped.bytes[place])" : "the end",
        wanted: unsafe place < file.bytes.count ? unsafe "\(file.bytes[place])" : "the end",
        advice: "The shipped file differs from the recorded one; \(path) matches the record.")
    }
    verdict(what, unsafe "same, \(file.bytes.count) bytes, byte by byte")
  }

  private static func firstDifference(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Int? {
    unsafe zip(a, b).enumerated().first { $1.0 != $1.1 }?.offset ?? (a.count == b.count ? nil : min(a.count, b.count))
  }

  /// Compares the golden file with its recorded digest, and the pixels of the generator at `path` with it.
  func compareGolden(_ path: String, digest wanted: String) throws(FileError) {
    let golden = try MappedFile(path: goldenPath)
    let found = withExtendedLifetime(golden) { unsafe Digest.hexadecimal(golden.bytes) }
    guard found == wanted else {
      throw FileError(
        .badData, file: goldenPath, field: "SHA-256", found: found, wanted: wanted,
        advice: "The golden file differs from the recorded one.")
    }
    let lines = try GoldenFile.read(goldenPath)
    let digests = try GoldenFile.digests(path, lines.map(\.seed), workers: compute.workers)
    for (line, digest) in zip(lines, digests) where line.digest != digest {
      throw FileError(
        .badData, file: path, field: "pixels of seed \(line.seed)", found: digest, wanted: line.digest,
        advice: "The generator matches, but its pixels differ: this build computes wrong results.")
    }
    verdict("golden", "same, \(lines.count) images")
  }

  /// Writes the golden file of the shipped generator: seeds 0 to 63.
  func writeGolden() throws(FileError) {
    let seeds = (0..<64).map { UInt64($0) }
    let digests = try GoldenFile.digests(generatorPath, seeds, workers: compute.workers)
    try GoldenFile.write(digests, seeds, to: goldenPath)
  }
}

/// One line of a reproduction's result, told at once.
func verdict(_ what: String, _ text: String) {
  print("\(what.padding(toLength: max(12, what.count), withPad: " ", startingAt: 0)) \(text)")
  fflush(nil)
}
