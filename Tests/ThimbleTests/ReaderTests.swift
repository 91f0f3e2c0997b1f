import KernelLattice
import Testing
import Thimble

@Suite struct ReaderTests {
  /// One change to a valid file, and the field that the reader should name.
  struct Refusal: Sendable, CustomTestStringConvertible {
    var field: StaticString
    var layer = -1
    var change: @Sendable (UnsafeMutableRawBufferPointer, Layout) -> Void
    var testDescription: String { layer < 0 ? "\(field)" : "layer \(layer) \(field)" }
  }

  private static func word(_ field: StaticString, _ offset: Int, _ value: UInt32) -> Refusal {
    Refusal(field: field) { bytes, _ in bytes.storeBytes(of: value, toByteOffset: offset, as: UInt32.self) }
  }
  private static func long(_ field: StaticString, _ offset: Int, _ value: UInt64) -> Refusal {
    Refusal(field: field) { bytes, _ in bytes.storeBytes(of: value, toByteOffset: offset, as: UInt64.self) }
  }
  private static func word(_ field: StaticString, layer: Int, _ offset: Int, _ value: UInt32) -> Refusal {
    Refusal(field: field, layer: layer) { bytes, _ in
      bytes.storeBytes(of: value, toByteOffset: 128 * (layer + 1) + offset, as: UInt32.self)
    }
  }
  private static func long(_ field: StaticString, layer: Int, _ offset: Int, _ value: UInt64) -> Refusal {
    Refusal(field: field, layer: layer) { bytes, _ in
      bytes.storeBytes(of: value, toByteOffset: 128 * (layer + 1) + offset, as: UInt64.self)
    }
  }

  static let header: [Refusal] = [
    word("magic", 0, 0), word("major version", 8, 2), word("minor version", 8, 0x3_0001),
    long("file byte count", 16, 64), long("file byte count", 16, .max), word("latent length", 24, 0),
    word("latent length", 24, 1025), word("latent distribution", 28, 2), word("image height", 32, 0),
    word("image height", 32, 1025), word("image height", 32, 7), word("image width", 36, 0),
    word("image width", 36, 9999),
    word("image width", 36, 7), word("image channels", 40, 0), word("image channels", 40, 5),
    word("image channels", 40, 1),
    word("layer count", 44, 0), word("layer count", 44, 1), word("layer count", 44, 17), word("layer count", 44, .max),
    long("arena: fixed bytes", 48, 128), long("arena: fixed bytes", 48, 0), long("arena: bytes an image", 56, .max),
    long("arena: bytes an image", 56, 1 << 30 + 64), long("arena: bytes an image", 56, 1025),
    long("arena: bytes a worker", 64, 64), long("offset of the metadata", 72, 0),
    long("offset of the metadata", 72, .max),
    long("byte count of the metadata", 80, 65537), long("byte count of the metadata", 80, .max),
    long("file byte count", 80, 1000), long("offset of the output table", 88, 0), long("reserved bytes", 96, 1),
    long("reserved bytes", 120, 1 << 63), classes("class count", 96, 5), classes("class count", 96, .max),
    classes("reserved bytes", 100, 1),
  ]

  /// In a file that may have classes.
  private static func classes(_ field: StaticString, _ offset: Int, _ value: UInt32) -> Refusal {
    Refusal(field: field, layer: -1) { bytes, _ in
      bytes[10] = 2
      bytes.storeBytes(of: value, toByteOffset: offset, as: UInt32.self)
    }
  }

  static let records: [Refusal] = [
    word("kind", layer: 1, 0, 0), word("kind", layer: 1, 0, 3), word("kind", layer: 1, 0, 1),
    word("kind", layer: 0, 0, 2),
    word("epilogue", layer: 1, 4, 1), word("epilogue", layer: 2, 4, 0), word("epilogue", layer: 2, 4, 2),
    word("input height", layer: 0, 8, 2), word("input width", layer: 0, 12, 2), word("input channels", layer: 0, 16, 6),
    word("input height", layer: 1, 8, 3), word("input width", layer: 1, 12, 2), word("input channels", layer: 1, 16, 6),
    word("output height", layer: 0, 20, 0), word("output width", layer: 0, 24, 1025),
    word("output channels", layer: 0, 28, 0), word("output channels", layer: 0, 28, 4097),
    word("output height", layer: 1, 20, 5), word("output width", layer: 1, 24, 5), word("kernel", layer: 0, 32, 1),
    word("stride", layer: 0, 36, 1), word("padding", layer: 0, 40, 1), word("output padding", layer: 0, 44, 1),
    word("kernel", layer: 1, 32, 0), word("kernel", layer: 1, 32, 17), word("stride", layer: 1, 36, 0),
    word("stride", layer: 1, 36, 5), word("padding", layer: 1, 40, 4), word("padding", layer: 1, 40, .max),
    word("output padding", layer: 1, 44, 2), word("weight encoding", layer: 1, 48, 1), word("packing", layer: 1, 52, 1),
    word("shift", layer: 1, 56, 0), word("shift", layer: 1, 56, 63), word("schedule", layer: 1, 60, 1),
    long("input offset", layer: 0, 64, 1), long("input offset", layer: 0, 64, 1 << 20),
    long("input offset", layer: 1, 64, 0),
    long("input offset", layer: 0, 64, .max - 63), long("output offset", layer: 0, 72, 32),
    long("output offset", layer: 0, 72, .max - 63), long("output offset, inside of the input", layer: 0, 72, 0),
    long("output offset", layer: 2, 72, 64), long("offset of the weights", layer: 1, 80, 0),
    long("byte count of the weights", layer: 1, 88, 64), long("byte count of the weights", layer: 1, 88, .max),
    long("offset of the biases", layer: 1, 96, .max), long("offset of the multipliers", layer: 1, 104, 64),
    long("reserved bytes", layer: 1, 112, 1), long("reserved bytes", layer: 2, 120, 1),
  ]

  static let numbers: [Refusal] = [
    Refusal(field: "weights, -128", layer: 1) { bytes, layout in
      bytes[Int(layout.layers[1].weightsOffset) + layout.layers[1].weightIndex(output: 17, input: 4)] = 0x80
    },
    Refusal(field: "weights, for channels that do not exist", layer: 1) { bytes, layout in
      bytes[Int(layout.layers[1].weightsOffset) + layout.layers[1].weightIndex(tap: (3, 3), output: 17, input: 5)] = 1
    },
    Refusal(field: "weights, for channels that do not exist", layer: 1) { bytes, layout in
      bytes[Int(layout.layers[1].weightsOffset) + layout.layers[1].weightIndex(tap: (1, 2), output: 18, input: 0)] = 1
    },
    Refusal(field: "weights, for channels that do not exist", layer: 0) { bytes, layout in
      bytes[Int(layout.layers[0].weightsOffset) + layout.layers[0].weightIndex(position: 3, output: 4, input: 7)] = 1
    },
    Refusal(field: "weights, for channels that do not exist", layer: 0) { bytes, layout in
      bytes[Int(layout.layers[0].weightsOffset) + layout.layers[0].weightIndex(position: 2, output: 15, input: 0)] = 1
    },
    Refusal(field: "multipliers", layer: 1) { bytes, layout in
      bytes.storeBytes(of: 1 << 31, toByteOffset: Int(layout.layers[1].multipliersOffset), as: UInt32.self)
    },
    Refusal(field: "multipliers, for channels that do not exist", layer: 2) { bytes, layout in
      bytes[Int(layout.layers[2].multipliersOffset) + 4 * 3] = 1
    },
    Refusal(field: "biases, for channels that do not exist", layer: 0) { bytes, layout in
      bytes[Int(layout.layers[0].biasesOffset) + 4 * (16 * 5 + 5)] = 1
    },
    Refusal(field: "bytes between the sections") { bytes, layout in bytes[bytes.count - 1] = 1 },
  ]

  @Test(arguments: header + records + numbers) func isRefusedByName(refusal: Refusal) throws {
    let file = try ModelBuilder().build()
    refusal.change(file.bytes, try ModelBuilder().layout())
    Layout.seal(file.bytes)
    do {
      _ = try Model(file.raw)
      Issue.record("accepted")
    } catch {
      #expect(error.isAbout(refusal.field) && error.layer == Int32(refusal.layer), "\(error)")
    }
  }

  /// Changes to a file with int4 weights: latent 5, in groups of 8; 5 and 18 channels.
  static let int4: [Refusal] = [
    word("weight encoding", layer: 1, 48, 2), word("weight encoding", layer: 2, 48, 1),
    word("byte count of the weights", layer: 1, 48, 0),
    Refusal(field: "weight encoding", layer: 0) { bytes, _ in bytes[10] = 0 },
    nibble("weights, a scale of 0", layer: 0, 0) { $0.int4Index(position: 3, output: 4, input: 4).scale },
    nibble("weights, a scale of 0", layer: 1, 0) { $0.int4Index(tap: (3, 2), output: 17, input: 0).scale },
    nibble("weights, for channels that do not exist", layer: 0, 2) {
      $0.int4Index(position: 5, output: 5, input: 0).scale
    },
    nibble("weights, for channels that do not exist", layer: 0, 9) {
      $0.int4Index(position: 5, output: 15, input: 0).weight
    },
    nibble("weights, for channels that do not exist", layer: 0, 0) {
      $0.int4Index(position: 1, output: 4, input: 5).weight
    },
    nibble("weights, for channels that do not exist", layer: 1, 7) {
      $0.int4Index(tap: (3, 3), output: 17, input: 15).weight
    },
    nibble("weights, for channels that do not exist", layer: 1, 15) {
      $0.int4Index(tap: (2, 1), output: 18, input: 0).scale
    },
  ]

  private static func nibble(
    _ field: StaticString, layer: Int, _ value: UInt8, _ place: @escaping @Sendable (LayerRecord) -> Int
  ) -> Refusal {
    Refusal(field: field, layer: layer) { bytes, layout in
      let record = layout.layers[layer]
      bytes.setNibble(place(record), from: Int(record.weightsOffset), value)
    }
  }

  @Test(arguments: int4) func isRefusedByNameInInt4(refusal: Refusal) throws {
    let builder = ModelBuilder(int4: true)
    let file = try builder.build()
    #expect(file.bytes[10] == 1, "minor version")
    _ = try Model(file.raw)
    refusal.change(file.bytes, try builder.layout())
    Layout.seal(file.bytes)
    do {
      _ = try Model(file.raw)
      Issue.record("accepted")
    } catch {
      #expect(error.isAbout(refusal.field) && error.layer == Int32(refusal.layer), "\(error)")
    }
  }

  @Test func everyFlippedBitIsRefused() throws {
    let small = ModelBuilder(
      first: (1, 2, 3), convolutions: [.init(channels: 1, kernel: 2, stride: 2, padding: 0, outputPadding: 0)])
    let file = try small.build()
    var accepted = 0
    for bit in 0..<file.bytes.count * 8 {
      file.bytes[bit / 8] ^= 1 << UInt8(bit % 8)
      if (try? Model(file.raw)) != nil { accepted += 1 }
      file.bytes[bit / 8] ^= 1 << UInt8(bit % 8)
    }
    #expect(accepted == 0)
    _ = try Model(file.raw)
  }

  /// With a right checksum the checks stand alone: whatever a header or a record says, a file is refused or runs.
  @Test func aSealedFileWithAFlippedBitIsRefusedOrRuns() throws {
    let file = try ModelBuilder().build()
    for bit in 16 * 8..<512 * 8 {
      file.bytes[bit / 8] ^= 1 << UInt8(bit % 8)
      Layout.seal(file.bytes)
      if let model = try? Model(file.raw) { _ = try images(model, seeds: [1]) }
      file.bytes[bit / 8] ^= 1 << UInt8(bit % 8)
    }
  }

  @Test func everyTruncationIsRefused() throws {
    let file = try ModelBuilder().build()
    for count in 0..<file.bytes.count {
      let cut = UnsafeRawBufferPointer(rebasing: file.raw.prefix(count))
      #expect(throws: ThimbleError.self) { _ = try Model(cut) }
    }
  }

  @Test func errorsSayWhatWasFoundAndWanted() throws {
    let file = try ModelBuilder().build()
    Self.word("kernel", layer: 1, 32, 17).change(file.bytes, try ModelBuilder().layout())
    Layout.seal(file.bytes)
    do {
      _ = try Model(file.raw)
      Issue.record("accepted")
    } catch {
      #expect("\(error)" == "layer 1 kernel: found 17, wanted 16 at most")
    }
    #expect(throws: ThimbleError(.file, "model file", found: 2)) { _ = try Model(path: "/no/such/file") }
  }

  /// Catches: a file that cannot be opened, and of which an uncaught error tells a number alone.
  @Test(arguments: [
    ("/no/such/file", "/no/such/file: model file: No such file or directory (error 2)"),
    ("/usr", "/usr: model file: No such device (error 19)"),
    ("/dev/null", "/dev/null: model file: Invalid argument (error 22)"),
    ("/no\u{1B}[2J", "/no?[2J: model file: No such file or directory (error 2)"),
  ])
  func fileErrorsTellPathAndSystemsWords(path: String, description: String) throws {
    let error = #expect(throws: ThimbleError.self) { _ = try Model(path: path) }
    #expect(error?.path == path)
    #expect(error.map { "\($0)" } == description)
  }
}

extension Model {
  /// A model in memory, with the instruction set in force.
  init(_ bytes: UnsafeRawBufferPointer) throws(ThimbleError) { try self.init(bytes, instructionSet: .inForce()) }
}

/// The images of some seeds by a file, which lives as long as it takes.
func images(
  _ file: GuardedBytes, _ set: InstructionSet = .detected, seeds: [UInt64], arenaFill: UInt8 = 0x5A,
  parallelFor: ParallelFor = runInOrder
) throws -> [[UInt8]] {
  defer { withExtendedLifetime(file) {} }
  return try images(
    Model(file.raw, instructionSet: set), seeds: seeds, arenaFill: arenaFill, parallelFor: parallelFor)
}

/// The images of some seeds, as many at once as there are.
func images(
  _ model: consuming Model, seeds: [UInt64], arenaFill: UInt8 = 0x5A, parallelFor: ParallelFor = runInOrder
) throws -> [[UInt8]] {
  let size = model.imageByteCount
  let arena = GuardedBytes(model.arenaByteCount(images: seeds.count)!, fill: arenaFill)
  let pixels = GuardedBytes(size * seeds.count)
  var generator = try Generator(model, arena: arena.bytes, images: seeds.count)
  var span = MutableSpan<UInt8>(_unsafeElements: pixels.bytes.bindMemory(to: UInt8.self))
  try generator.generate(seeds: seeds.span, into: &span, parallelFor: parallelFor)
  #expect(arena.isIntact && pixels.isIntact)
  return (0..<seeds.count).map { Array(pixels.contents[$0 * size..<($0 + 1) * size]) }
}
