import Thimble

/// What is done to a model.
enum Kind: String, CaseIterable {
  case bits, bytes, words, swapped, cut, grown, offsets, plan, records, spliced, numbers, geometry

  /// As often as they are tried: more often those that get deeper than to the first check.
  static let drawn = allCases + [.words, .offsets, .plan, .plan, .plan, .numbers, .geometry, .geometry]
}

/// A changed model.
struct Mutant {
  let kind: Kind
  /// The originals that its bytes are of; often the same one twice.
  let original: Original, other: Original
  let isSealed: Bool
  let bytes: Bytes

  /// The mutant of a number. Half of them get a right checksum, of plans and geometries nearly all.
  init(_ number: Int, of originals: [Original], seed: UInt64) {
    var dice = Dice(seed: seed, mutant: number)
    kind = dice.pick(Kind.drawn)
    (original, other) = (dice.pick(originals), dice.pick(originals))
    isSealed = !dice.once(in: kind == .plan || kind == .geometry ? 8 : 2)
    var bytes = original.bytes
    dice.apply(kind, to: &bytes, self.original, self.other)
    // Some with a second fault, which may hide the first or help it along.
    if dice.once(in: 6) { dice.apply(dice.pick([.bits, .words, .plan, .numbers]), to: &bytes, original, other) }
    self.bytes = bytes
  }

  /// The mutant in a block of its own.
  func block() -> Block {
    let block = Block(copying: bytes)
    if isSealed && bytes.count >= 16 { Layout.seal(block.bytes) }
    return block
  }
}

extension Dice {
  mutating func apply(_ kind: Kind, to bytes: inout Bytes, _ original: Original, _ other: Original) {
    switch kind {
    case .bits:
      for _ in 0...below(4) { change(&bytes) { dice, byte in byte ^ 1 << UInt8(dice.below(8)) } }
    case .bytes:
      for _ in 0...below(4) {
        change(&bytes) { dice, _ in dice.pick([0, 255, 0x80, 0x7F, UInt8(truncatingIfNeeded: dice.word())]) }
      }
    case .words:
      for _ in 0...below(2) {
        let field = field(of: bytes)
        bytes.set(field, number(for: field, in: bytes))
      }
    case .swapped:
      // Zeros are the same both ways.
      let before = bytes
      for _ in 0..<8 where bytes == before { swap(&bytes) }
    case .cut:
      let count = once(in: 2) ? bytes.count / 64 - below(8) : below(bytes.count / 64 + 1)
      bytes.removeLast(bytes.count - max(0, min(bytes.count, count * 64 - pick([0, 0, 1, below(64)]))))
      if once(in: 2) { bytes.set(.fileByteCount, UInt64(bytes.count)) }
    case .grown:
      let garbage = once(in: 4)
      for _ in 0..<pick([1, 4, 63, 64, 65, 128, 4096]) {
        bytes.append(garbage ? UInt8(truncatingIfNeeded: word()) : 0)
      }
      if once(in: 2) { bytes.set(.fileByteCount, UInt64(bytes.count)) }
    case .offsets: changeOffsets(&bytes)
    case .plan: changePlan(&bytes)
    case .records: exchangeRecords(&bytes)
    case .spliced: splice(&bytes, other)
    case .numbers: changeNumbers(&bytes, original.layout)
    case .geometry: changeGeometry(&bytes)
    }
  }

  /// Changes a byte; every other time one of the header or the records.
  private mutating func change(_ bytes: inout Bytes, _ body: (inout Dice, UInt8) -> UInt8) {
    let head = min(bytes.count, 128 * (bytes.layerCount + 1))
    let at = below(once(in: 2) ? head : bytes.count)
    if at < bytes.count { bytes[at] = body(&self, bytes[at]) }
  }

  /// Turns numbers round, as a writer of the other endianness would.
  private mutating func swap(_ bytes: inout Bytes) {
    let size = pick([0, 2, 4, 8])
    let fields =
      size == 0
      ? Field.header + (0..<bytes.layerCount).flatMap { Field.record($0) }
      : [Field(offset: below(128 * (bytes.layerCount + 1) / size) * size, byteCount: size)]
    for field in fields {
      var value: UInt64 = 0
      let old = bytes.number(field)
      for i in 0..<field.byteCount { value = value << 8 | old >> UInt64(8 * i) & 255 }
      bytes.set(field, value)
    }
  }

  /// Places and sizes exchanged, one over another, or so high that sums overflow.
  private mutating func changeOffsets(_ bytes: inout Bytes) {
    let fields = Field.offsets(layerCount: bytes.layerCount)
    let (a, b) = (pick(fields), pick(fields))
    let (x, y) = (bytes.number(a), bytes.number(b))
    switch below(4) {
    case 0:
      bytes.set(a, y)
      bytes.set(b, x)
    case 1: bytes.set(a, y &+ pick([0, 1, 64, UInt64.max, UInt64.max - 63]))
    case 2: bytes.set(a, 0 &- pick([1, 2, 32, 64, 128, y, UInt64(bytes.count)]))
    default: bytes.set(a, UInt64(bytes.count) &- pick([0, 1, 4, 63, 64, 128, 4096]))
    }
  }

  private mutating func exchangeRecords(_ bytes: inout Bytes) {
    let count = max(1, bytes.layerCount)
    let (a, b) = (128 * (1 + below(count)), 128 * (1 + below(count)))
    switch below(5) {
    case 0: for i in 0..<128 where max(a, b) + 128 <= bytes.count { bytes.swapAt(a + i, b + i) }
    case 1: for i in 0..<128 where max(a, b) + 128 <= bytes.count { bytes[a + i] = bytes[b + i] }
    case 2: bytes.set(.layerCount, UInt64(below(20)))
    case 3:
      // As many as there may be, or a few more.
      let more = within(15...18) - count
      for _ in 0..<more { bytes.insert(contentsOf: bytes[b..<b + 128], at: a) }
      bytes.set(.layerCount, UInt64(count + more))
      if once(in: 2) { bytes.set(.fileByteCount, UInt64(bytes.count)) }
    default:
      // One record less, or one more, with all that stands behind.
      let isLess = once(in: 2)
      if isLess && a + 128 <= bytes.count { bytes.removeSubrange(a..<a + 128) }
      if !isLess { bytes.insert(contentsOf: bytes[b..<b + 128], at: a) }
      bytes.set(.layerCount, UInt64(isLess ? count - 1 : count + 1))
      if once(in: 2) { bytes.set(.fileByteCount, UInt64(bytes.count)) }
    }
  }

  /// The beginning of one model and the end of another, or a record of another.
  private mutating func splice(_ bytes: inout Bytes, _ other: Original) {
    if once(in: 3) {
      let (from, to) = (128 * (1 + below(other.bytes.layerCount)), 128 * (1 + below(bytes.layerCount)))
      for i in 0..<128 where to + 128 <= bytes.count { bytes[to + i] = other.bytes[from + i] }
      return
    }
    let layer = other.layout.layers[below(other.bytes.layerCount)]
    let at = pick([
      24, 48, 128, 256, 128 * (1 + other.bytes.layerCount), Int(other.layout.header.outputTableOffset),
      Int(layer.weightsOffset), Int(layer.biasesOffset), Int(layer.multipliersOffset), below(other.bytes.count),
    ])
    bytes = Bytes(bytes.prefix(at)) + other.bytes.dropFirst(at)
    if once(in: 2) { bytes.set(.fileByteCount, UInt64(bytes.count)) }
  }

  /// Weights, biases, multipliers, the table, the metadata and what lies between: forbidden and extreme numbers.
  private mutating func changeNumbers(_ bytes: inout Bytes, _ layout: Layout) {
    for _ in 0...below(6) {
      let layer = layout.layers[below(Int(layout.header.layerCount))]
      let weight = Int(layer.weightsOffset) + below(Int(layer.weightsByteCount))
      let channel = below(Int(layer.channelCount))
      let extremes: [UInt64] = [0, 1, 127, 128, 129, 255, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, UInt64(word())]
      switch below(6) {
      case 0, 1: bytes.set(Field(offset: weight, byteCount: 1), pick(extremes))
      case 2: bytes.set(Field(offset: Int(layer.biasesOffset) + 4 * channel, byteCount: 4), pick(extremes))
      case 3: bytes.set(Field(offset: Int(layer.multipliersOffset) + 4 * channel, byteCount: 4), pick(extremes))
      case 4:
        bytes.set(Field(offset: Int(layout.header.outputTableOffset) + below(4096), byteCount: 1), UInt64(word()))
      default:
        let end = pick([layer.weightsOffset, layer.biasesOffset, layer.multipliersOffset, layout.header.metadataOffset])
        bytes.set(Field(offset: Int(end) - 1 - below(64), byteCount: 1), pick(extremes))
      }
    }
  }
}
