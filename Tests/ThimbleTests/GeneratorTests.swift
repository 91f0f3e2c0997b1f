import KernelLattice
import Dispatch
import Glibc
import Testing
import Thimble

@Suite struct GeneratorTests {
  static let builders: [ModelBuilder] = [
    ModelBuilder(),
    ModelBuilder(
      latentLength: 100, first: (4, 4, 40),
      convolutions: [
        .init(channels: 33, kernel: 5, stride: 2, padding: 2, outputPadding: 1),
        .init(channels: 16, kernel: 4, stride: 2, padding: 1, outputPadding: 0),
        .init(channels: 1, kernel: 3, stride: 1, padding: 1, outputPadding: 0),
      ], distribution: .normal, seed: 2),
    ModelBuilder(
      latentLength: 1, first: (1, 1, 1),
      convolutions: [.init(channels: 4, kernel: 6, stride: 3, padding: 0, outputPadding: 2)], seed: 3),
    ModelBuilder(
      latentLength: 37, first: (3, 4, 40),
      convolutions: [
        .init(channels: 33, kernel: 5, stride: 2, padding: 2, outputPadding: 1),
        .init(channels: 3, kernel: 4, stride: 2, padding: 1, outputPadding: 0),
      ], distribution: .normal, seed: 4, int4: true),
  ]

  /// The first promise: not the batch, the place in it, the threads or the instruction set.
  @Test(arguments: builders.indices) func aPixelDependsOnModelAndLatentAlone(number: Int) throws {
    let file = try Self.builders[number].build()
    let seeds: [UInt64] = [0, 1, 7, 85, 1 << 40, 3, 9, 12, .max, 5]
    let wanted = try seeds.map { try images(Model(file.raw, instructionSet: .portable), seeds: [$0])[0] }
    #expect(Set(wanted).count > 1)
    for set in testedSets {
      for batch in [1, 2, 3, 8, 10] {
        #expect(
          try images(Model(file.raw, instructionSet: set), seeds: Array(seeds.prefix(batch)))
            == Array(wanted.prefix(batch)))
      }
      let threaded = try images(Model(file.raw, instructionSet: set), seeds: seeds) { count, body in
        DispatchQueue.concurrentPerform(iterations: count) { body(count - 1 - $0) }
      }
      #expect(threaded == wanted)
    }
  }

  /// Catches: a class that is not the seed's modulo the classes, or is drawn; one that is out of range and taken.
  @Test func classesAreTheLastNumbersOfALatent() throws {
    let file = try ModelBuilder(latentLength: 9, distribution: .normal, seed: 7, classes: 3).build()
    #expect(file.bytes[10] == 2, "minor version")
    let model = try Model(file.raw)
    #expect(model.classCount == 3 && model.latents == LatentSource(length: 6, distribution: .normal, classes: 3))
    let size = model.imageByteCount
    let arena = GuardedBytes(model.arenaByteCount()!)
    var generator = try Generator(model, arena: arena.bytes)
    func image(_ make: (inout Generator, inout MutableSpan<UInt8>) throws(ThimbleError) -> Void) throws -> [UInt8] {
      var pixels = [UInt8](repeating: 0, count: size)
      var span = pixels.mutableSpan
      try make(&generator, &span)
      return pixels
    }
    var latent = [Int16](repeating: 77, count: 9)
    var span = latent.mutableSpan
    LatentDistribution.normal.fill(&span, count: 6, seed: 5)
    var images: [[UInt8]] = []
    for chosen in 0..<3 {
      for c in 0..<3 { latent[6 + c] = c == chosen ? 4096 : 0 }
      images.append(
        try image { generator, span throws(ThimbleError) in try generator.generate(latents: latent.span, into: &span) })
      #expect(
        try image { generator, span throws(ThimbleError) in try generator.generate(seed: 5, class: chosen, into: &span)
        }
          == images[chosen])
    }
    #expect(Set(images).count == 3)
    #expect(
      try image { generator, span throws(ThimbleError) in try generator.generate(seed: 5, into: &span) } == images[2])
    for chosen in [3, -1] {
      #expect(throws: ThimbleError.self) {
        try image { generator, span throws(ThimbleError) in try generator.generate(seed: 5, class: chosen, into: &span)
        }
      }
    }
  }

  @Test func latentsOfASeedGiveItsImage() throws {
    let file = try Self.builders[1].build()
    var latents = [Int16](repeating: 0, count: 200)
    var span = latents.mutableSpan
    LatentDistribution.normal.fill(&span, count: 100, seed: 6)
    for i in 0..<100 { latents[100 + i] = latents[i] }
    let model = try Model(file.raw)
    let size = model.imageByteCount
    let arena = GuardedBytes(model.arenaByteCount(images: 2)!)
    var generator = try Generator(model, arena: arena.bytes, images: 2)
    var pixels = [UInt8](repeating: 0, count: 2 * size)
    var output = pixels.mutableSpan
    try generator.generate(latents: latents.span, into: &output)
    let wanted = try images(Model(file.raw), seeds: [6])[0]
    #expect(Array(pixels[..<size]) == wanted)
    #expect(Array(pixels[size...]) == wanted)
  }

  @Test func wrongMemoryAndCountsAreRefused() throws {
    let file = try ModelBuilder().build()
    let need = try Model(file.raw).arenaByteCount(images: 2)!
    let arena = GuardedBytes(need + 64)
    func bytes(_ from: Int, _ count: Int) -> UnsafeMutableRawBufferPointer {
      .init(rebasing: arena.bytes[from..<from + count])
    }
    #expect(throws: ThimbleError.self) { _ = try Generator(Model(file.raw), arena: bytes(0, need - 1), images: 2) }
    #expect(throws: ThimbleError.self) { _ = try Generator(Model(file.raw), arena: bytes(8, need), images: 2) }
    #expect(throws: ThimbleError(.memory, "arena", found: UInt64(need - 1), .atLeast, UInt64(need))) {
      _ = try Generator(Model(file.raw), arena: bytes(0, need - 1), images: 2)
    }
    for (images, workers, field, found, relation, wanted) in [
      (0, 1, "images", 0, .atLeast, 1), (65_537, 1, "images", 65_537, .atMost, 65_536),
      (-1, 1, "images", 0, .atLeast, 1), (1, 0, "workers", 0, .atLeast, 1),
      (1, 65_537, "workers", 65_537, .atMost, 65_536),
    ] as [(Int, Int, StaticString, UInt64, ThimbleError.Relation, UInt64)] {
      #expect(throws: ThimbleError(.arguments, field, found: found, relation, wanted)) {
        _ = try Generator(Model(file.raw), arena: bytes(0, need), images: images, workers: workers)
      }
    }
    var generator = try Generator(Model(file.raw), arena: bytes(0, need), images: 2)
    var pixels = [UInt8](repeating: 0, count: 2 * generator.model.imageByteCount)
    var output = pixels.mutableSpan
    let (none, three): ([UInt64], [UInt64]) = ([], [1, 2, 3])
    let broken: [Int16] = [1, 2, 3]
    try generator.generate(seeds: none.span, into: &output)
    #expect(throws: ThimbleError.self) { try generator.generate(seeds: three.span, into: &output) }
    #expect(throws: ThimbleError.self) { try generator.generate(latents: broken.span, into: &output) }
    var few = [UInt8](repeating: 0, count: 1)
    var fewSpan = few.mutableSpan
    #expect(throws: ThimbleError.self) { try generator.generate(seed: 1, into: &fewSpan) }
  }

  @Test func aMappedFileIsTheSameModel() throws {
    let file = try ModelBuilder().build()
    let path = "/tmp/thimble-test-\(getpid()).thimble"
    let handle = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    #expect(write(handle, file.bytes.baseAddress, file.bytes.count) == file.bytes.count)
    close(handle)
    defer { unlink(path) }
    let model = try Model(path: path)
    #expect(Array(model.metadata) == ModelBuilder().metadata)
    #expect(try images(model, seeds: [4]) == images(Model(file.raw), seeds: [4]))
  }

  /// Bytes of the model files in Tests/Fixtures/models, whose goldens the NumPy oracle made.
  @Test(arguments: testedSets) func fixturesGiveTheirGoldenDigests(set: InstructionSet) throws {
    let folder = #filePath.split(separator: "/").dropLast(2).map { "/" + $0 }.joined() + "/Fixtures/models"
    let listing = try #require(opendir(folder))
    defer { closedir(listing) }
    var count = 0
    while let entry = readdir(listing) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      guard name.hasSuffix(".thimble") else { continue }
      let golden = text(folder + "/" + name.dropLast(8) + ".golden.txt")
      #expect(!golden.isEmpty, "\(name)")
      count += 1
      for line in golden.split(separator: "\n") {
        let parts = line.split(separator: " ")
        var digest = SHA256()
        let image = try images(Model(path: folder + "/" + name, instructionSet: set), seeds: [UInt64(parts[1])!])[0]
        digest.update(image.span.bytes)
        #expect(ChecksumTests.hex(digest.finalize()) == parts[0], "\(name) seed \(parts[1])")
      }
    }
    #expect(count >= 80)
  }

  private func text(_ path: String) -> String {
    guard let file = fopen(path, "r") else { return "" }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    let count = fread(&bytes, 1, bytes.count, file)
    return String(decoding: bytes.prefix(count), as: UTF8.self)
  }
}
