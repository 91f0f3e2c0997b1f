import ArgumentParser
import Foundation
import Thimble
import SamplerSupport
import ThimbleStorage
import ThimbleStudies

/// Which images: seeds, or latents from a file.
struct LatentOptions: ParsableArguments {
  @Option(help: "Seeds: 85,265,600-605.") var seeds: SeedList?
  @Option(
    help: "Latents: a safetensors file with an F32 tensor `latents` [N, length], or raw little-endian rows (.f32).")
  var latents: String?
  @Option(help: "From seed to seed in a straight line through latents: 1,2,3.") var walk: SeedList?
  @Option(help: "Images for each two seeds of a walk; 10 unless told.") var frames: Int?
  @Option(
    name: .customLong("class"),
    help: "The class of all seeds, for generators that know classes; a seed's own is the seed modulo the classes.")
  var chosenClass: Int?

  func validate() throws {
    if let walk, walk.seeds.count < 2 { throw ValidationError("--walk takes at least two seeds") }
    if frames != nil && walk == nil { throw ValidationError("--frames goes with --walk") }
    guard (1...Q3x12.mostSteps).contains(frames ?? 1) else {
      throw ValidationError("--frames takes a number from 1 to \(Q3x12.mostSteps)")
    }
  }

  /// Bytes of pixels that one command makes at most.
  private static let largestByteCount = 1 << 30

  /// The latents in Q3.12, and the names of the images' files without their endings: `seed0085`, `latent0000`, `frame0000`.
  func rows(
    of source: ImageSource, positional: [SeedList], fallback: Int
  ) throws -> (latents: [Int16], names: (Int) -> String) {
    let given = [seeds != nil || !positional.isEmpty, latents != nil, walk != nil].filter { $0 }.count
    guard given <= 1 else { throw ValidationError("give seeds, --latents or --walk, one of them") }
    if let chosenClass {
      guard latents == nil else {
        throw ValidationError("--class goes with seeds: latents tell their class themselves")
      }
      try source.check(class: chosenClass)
    }
    if let latents {
      let rows = try LatentFile.read(latents, length: source.latentLength)
      try checkCount(rows.count / source.latentLength, source)
      return (rows, { Self.name("latent", UInt64($0)) })
    }
    if let walk {
      let frames = frames ?? SeedRanges.walkFrames
      try checkCount((walk.seeds.count - 1) * frames + 1, source)
      let points = Self.rows(of: source, walk.seeds, class: chosenClass)
      let walked = LatentWalk(points: points, length: source.latentLength, frames: frames, path: .linear)
      return (walked.latents, { Self.name("frame", UInt64($0)) })
    }
    var seeds = positional.flatMap(\.seeds) + (self.seeds?.seeds ?? [])
    if seeds.isEmpty { seeds = (0..<UInt64(fallback)).map { $0 } }
    try checkCount(seeds.count, source)
    return (Self.rows(of: source, seeds, class: chosenClass), { [seeds] in Self.name("seed", seeds[$0]) })
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

  /// The latents of seeds.
  static func rows(of source: ImageSource, _ seeds: [UInt64], class chosen: Int? = nil) -> [Int16] {
    var rows: [Int16] = []
    var row = [Int16](repeating: 0, count: source.latentLength)
    for seed in seeds {
      var span = row.mutableSpan
      source.latents.fill(&span, seed: seed, class: chosen)
      rows += row
    }
    return rows
  }
}

extension ImageSource {
  /// Refuses a class that the generator does not know.
  func check(class chosen: Int) throws(FileError) {
    guard chosen < 0 || chosen >= latents.classes else { return }
    throw FileError(
      .usage, file: "--class", field: "class", found: "\(chosen)",
      wanted: latents.classes == 0 ? "none: the generator knows no classes" : "0 to \(latents.classes - 1)",
      advice: latents.classes == 0
        ? "Leave out --class." : "Leave out --class for a seed's own: the seed modulo the classes.")
  }
}

extension LatentSource {
  /// These latents, Q3.12 [rows][count], with the class of each row.
  func setting(_ rows: [Int16], class chosen: (Int) -> Int) -> [Int16] {
    if classes == 0 { return rows }
    var rows = rows
    for row in 0..<(rows.count / count) {
      let wanted = chosen(row)
      for c in 0..<classes { rows[row * count + length + c] = c == wanted ? 4096 : 0 }
    }
    return rows
  }
}

/// `85,265,600-605`.
struct SeedList: ExpressibleByArgument {
  var seeds: [UInt64]

  init?(argument: String) {
    var argument = argument
    let seeds: [UInt64]? = argument.withUTF8 { text in
      if SeedRanges.count(text) == nil { return nil }
      var (ranges, seeds) = (SeedRanges(text), [UInt64]())
      while let range = ranges.next() { seeds += range }
      return seeds
    }
    guard let seeds else { return nil }
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
    guard rows > SeedRanges.largestCount else { return }
    throw FileError(
      .badData, file: path, field: "latents", found: "\(rows) rows", wanted: "at most \(SeedRanges.largestCount)",
      advice: "Cut the file into several.")
  }

  private static func nonempty(_ floats: [Float], _ path: String) throws(FileError) -> [Float] {
    if !floats.isEmpty { return floats }
    throw FileError(
      .badData, file: path, field: "latents", found: "none", wanted: "at least one row",
      advice: "Name a file with latents.")
  }
}
