import Foundation
import Testing

/// What most tests begin with, made once by the program itself: a set of 64 grey images of 16 x 16, a run of 12 steps on it,
/// the generator exported from it, and its golden file.
struct Made: Sendable {
  static let shared = Made()

  let folder: String
  var idx: String { folder + "/images.idx" }
  var set: String { folder + "/set.safetensors" }
  var recipe: String { folder + "/recipe.json" }
  var run: String { folder + "/run" }
  var checkpoint: String { run + "/checkpoint.safetensors" }
  var generator: String { folder + "/generator.thimble" }
  /// Eight latents, f32.
  var latents: String { folder + "/latents.f32" }
  var golden: String { folder + "/golden.txt" }

  /// A step takes about a millisecond; a pass is four steps.
  static let recipeText = """
    {"geometry": "authors", "size": 16, "channels": 1, "generatorWidths": [16, 8], "batchSize": 16, "passes": 3}
    """

  private init() {
    // Kept until the end of the process, which removes it.
    let place = NSTemporaryDirectory() + "thimble-command-tests-made-\(getpid())"
    folder = place
    atexit {
      try? FileManager.default.removeItem(atPath: NSTemporaryDirectory() + "thimble-command-tests-made-\(getpid())")
    }
    try! FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
    try! Data(Made.idxBytes()).write(to: URL(fileURLWithPath: idx))
    let numbers = (0..<800).map { Float($0 * 37 % 201) / 100 - 1 }
    try! Data(raw(numbers)).write(to: URL(fileURLWithPath: latents))
    try! Data(Made.recipeText.utf8).write(to: URL(fileURLWithPath: recipe))
    for arguments in [
      ["dataset", "pack", idx, "-o", set, "--size", "16", "--name", "stripes", "--licence", "CC0"],
      ["train", recipe, "--data", set, "--outdir", run],
      ["export", checkpoint, "-o", generator, "--calibrate", "16"],
      ["golden", generator, "--seeds", "0-7", "-o", golden],
    ] {
      let outcome = try! CommandTests.run(arguments)
      if outcome.status != 0 { fatalError("\(arguments): \(outcome.status) \(outcome.errors)") }
    }
  }

  /// An IDX file of images of moving stripes; `phase` makes other ones.
  static func idxBytes(count: Int = 64, side: Int = 16, phase: Int = 0) -> [UInt8] {
    var bytes: [UInt8] = [0, 0, 8, 3]
    for number in [count, side, side] { bytes += (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) } }
    for image in 0..<count {
      for y in 0..<side {
        for x in 0..<side { bytes.append(UInt8((x * 9 + y * 5 + image * 3 + phase) % 256)) }
      }
    }
    return bytes
  }

  /// Packs another set and returns its path.
  static func set(_ folder: Folder, _ name: String, count: Int = 64, side: Int = 16, phase: Int = 0) throws -> String {
    let idx = folder.write("\(name).idx", idxBytes(count: count, side: side, phase: phase))
    try done(["dataset", "pack", idx, "-o", folder["\(name).safetensors"], "--size", "\(side)"])
    return folder["\(name).safetensors"]
  }
}

/// A safetensors file with one f32 tensor.
func safetensors(_ name: String, _ shape: [Int], _ values: [Float]) -> [UInt8] {
  let header = "{\"\(name)\":{\"dtype\":\"F32\",\"shape\":\(shape),\"data_offsets\":[0,\(4 * values.count)]}}"
  return withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) } + Array(header.utf8) + raw(values)
}

/// Little-endian f32.
func raw(_ values: [Float]) -> [UInt8] {
  values.flatMap { withUnsafeBytes(of: $0.bitPattern.littleEndian) { Array($0) } }
}

/// SHA-256 by coreutils, which owes nothing to the code under test.
func sha256(_ bytes: [UInt8]) throws -> String {
  let outcome = try Running("/usr/bin/env", ["sha256sum"], standardInput: bytes).outcome()
  return String(outcome.text.prefix(64))
}
