import ArgumentParser
import Foundation
import Thimble
import SamplerSupport
import ThimbleBatches
import ThimbleSampling
import ThimbleStorage
import ThimbleStudies

/// Which images: seeds, or latents from a file.
struct LatentOptions: ParsableArguments {
  @Option(help: "Seeds, such as 85,265,600-605.") var seeds: SeedList?
  @Option(
    help: "A file of latents: safetensors with an F32 tensor `latents` [N, length], or raw little-endian rows (.f32).")
  var latents: String?
  @Option(help: "Walk in straight lines from seed to seed, such as 1,2,3.") var walk: SeedList?
  @Option(help: "Images per pair of seeds in a walk (default: 10).") var frames: Int?
  @Option(
    name: .customLong("class"),
    help: "The class to draw, for generators with classes (default: the seed modulo the number of classes).")
  var chosenClass: Int?

  func validate() throws {
    if let walk, walk.seeds.count < 2 { throw ValidationError("--walk takes at least two seeds") }
    if frames != nil && walk == nil { throw ValidationError("--frames needs --walk") }
    guard (1...Q3x12.mostSteps).contains(frames ?? 1) else {
      throw ValidationError("--frames takes a number from 1 to \(Q3x12.mostSteps)")
    }
  }

  /// Bytes of pixels that one command makes at most.
  private static let largestByteCount = 1 << 30

  /// The latents in Q3.12, and the names of the images' files without their endings: `seed0085`, `latent0000`, `frame0000`.
  func rows(
    of source: ImageSource, positional: [SeedList], fallback: Int
  ) throws -> (latents: LatentBatch, names: (Int) -> String) {
    let given = [seeds != nil || !positional.isEmpty, latents != nil, walk != nil].filter { $0 }.count
    guard given <= 1 else { throw ValidationError("give only one of: seeds, --latents, --walk") }
    if let chosenClass {
      guard latents == nil else {
        throw ValidationError("--class needs seeds or --walk: each latent in a file already has its class")
      }
      try source.check(class: chosenClass)
    }
    if let latents {
      let rows = try LatentFile.read(latents, length: source.latentLength)
      try checkCount(rows.count, source)
      return (rows, { Self.name("latent", UInt64($0)) })
    }
    if let walk {
      let frames = frames ?? SeedRanges.walkFrames
      try checkCount((walk.seeds.count - 1) * frames + 1, source)
      let points = source.latents(walk.seeds, class: chosenClass)
      let walked = LatentWalk(points: points, frames: frames, path: .linear)
      return (walked.latents, { Self.name("frame", UInt64($0)) })
    }
    var seeds = positional.flatMap(\.seeds) + (self.seeds?.seeds ?? [])
    if seeds.isEmpty { seeds = (0..<UInt64(fallback)).map { $0 } }
    try checkCount(seeds.count, source)
    return (source.latents(seeds, class: chosenClass), { [seeds] in Self.name("seed", seeds[$0]) })
  }

  private static func name(_ kind: String, _ number: UInt64) -> String {
    let digits = "\(number)"
    return kind + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  }

  /// All images are held until they are written.
  private func checkCount(_ count: Int, _ source: ImageSource) throws(FileError) {
    let most = Self.largestByteCount / source.imageByteCount
    guard count > most else { return }
    throw FileError(
      .usage, file: "seeds", field: "images", found: "\(count) of \(source.imageByteCount) bytes",
      wanted: "at most \(most) at once", advice: "Sample them in several parts.")
  }
}

extension ImageSource {
  /// Refuses a class that the generator does not know.
  func check(class chosen: Int) throws(FileError) {
    guard chosen < 0 || chosen >= latents.classes else { return }
    throw FileError(
      .usage, file: "--class", field: "class", found: "\(chosen)",
      wanted: latents.classes == 0 ? "none: the generator has no classes" : "0 to \(latents.classes - 1)",
      advice: latents.classes == 0
        ? "Leave out --class." : "Leave out --class to use the seed modulo the number of classes.")
  }
}

/// `85,265,600-605`.
struct SeedList: ExpressibleByArgument {
  var seeds: [UInt64]
  /// As it was typed.
  let defaultValueDescription: String

  init?(argument: String) {
    var argument = argument
    let seeds: [UInt64]? = argument.withUTF8 { text in
      if unsafe SeedRanges.count(text) == nil { return nil }
      var (ranges, seeds) = unsafe (SeedRanges(text), [UInt64]())
      while let range = ranges.next() { seeds += range }
      return seeds
    }
    guard let seeds else { return nil }
    self.seeds = seeds
    defaultValueDescription = argument
  }
}
