import Glibc
import Thimble

/// A block of the heap of exactly so many bytes, aligned to 64: the sanitiser sees an access to the byte behind it.
final class Block {
  let bytes: UnsafeMutableRawBufferPointer

  init(_ count: Int, fill: UInt8 = 0) {
    var start: UnsafeMutableRawPointer?
    guard posix_memalign(&start, 64, count) == 0 else { fatalError("no memory for \(count) bytes") }
    bytes = UnsafeMutableRawBufferPointer(start: start, count: count)
    if count > 0 { memset(start!, Int32(fill), count) }
  }

  convenience init(copying contents: Bytes) {
    self.init(contents.count)
    bytes.copyBytes(from: contents)
  }

  deinit { free(bytes.baseAddress) }

  var raw: UnsafeRawBufferPointer { UnsafeRawBufferPointer(bytes) }

  func hasBytes(of other: Block) -> Bool {
    bytes.count == other.bytes.count && memcmp(bytes.baseAddress!, other.bytes.baseAddress!, bytes.count) == 0
  }
}

/// A valid model, of which mutants are made.
struct Original {
  let name: String
  let bytes: Bytes
  let layout: Layout
  /// What it makes of `seed`.
  let picture: Block

  /// The seed of all pictures.
  static let seed: UInt64 = 1

  init(path: String) throws(ThimbleError) {
    name = String(path.split(separator: "/").last ?? "")
    let model = try Model(path: path, instructionSet: .portable)
    bytes = Bytes(model.bytes)
    layout = model.layout
    picture = try Run(.portable, .ofFile, fill: 0).picture(Block(copying: bytes))!
  }
}

/// One way to make a picture.
struct Run {
  var set: InstructionSet, plan: MemoryPlan
  /// What is in the arena before.
  var fill: UInt8
  /// How many pictures at once, all of the same seed.
  var images = 1

  /// The most bytes of an arena, and the most multiply-accumulates and output bytes together, that a picture may take.
  static let mostArenaBytes = 64 << 20, mostWork: UInt64 = 16 << 20

  init(_ set: InstructionSet, _ plan: MemoryPlan, fill: UInt8, images: Int = 1) {
    (self.set, self.plan, self.fill, self.images) = (set, plan, fill, images)
  }

  /// Opens a model and makes the pictures; the last one of them, or nil if that would take more than the bounds. Throws if
  /// the model is refused.
  func picture(_ file: Block) throws(ThimbleError) -> Block? {
    let model = try Model(file.raw, instructionSet: set, plan: plan)
    var sum: UInt8 = 0
    for byte in model.metadata { sum ^= byte }
    metadataSum = sum
    guard let arenaByteCount = model.arenaByteCount(images: images), arenaByteCount <= Self.mostArenaBytes,
      model.layout.work <= Self.mostWork
    else { return nil }
    let arena = Block(arenaByteCount, fill: fill)
    let byteCount = model.imageByteCount
    let pictures = Block(byteCount * images)
    var generator = try Generator(model, arena: arena.bytes, images: images)
    var pixels = MutableSpan<UInt8>(_unsafeElements: pictures.bytes.bindMemory(to: UInt8.self))
    if images == 1 {
      try generator.generate(seed: Original.seed, into: &pixels)
      return pictures
    }
    try generator.generate(seeds: Array(repeating: Original.seed, count: images).span, into: &pixels)
    return Block(copying: Bytes(pictures.raw.suffix(byteCount)))
  }
}

/// Where the metadata's bytes go, so that reading them is not optimised away.
nonisolated(unsafe) var metadataSum: UInt8 = 0

extension Layout {
  /// Multiply-accumulates and output bytes of one picture, about.
  var work: UInt64 {
    var work: UInt64 = 0
    for i in 0..<Int(header.layerCount) {
      let layer = layers[i]
      let taps = UInt64(layer.kernel) * UInt64(layer.kernel)
      let products =
        layer.kind == .dense ? layer.output.positions : layer.input.positions * taps
      work += (products * (layer.input.positionStride + 16) + layer.output.positions) * layer.output.positionStride
    }
    return work
  }
}
