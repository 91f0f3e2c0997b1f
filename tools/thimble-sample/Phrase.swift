import ThimbleSampling

/// A line of a few parts, written without putting them together in memory: `"found \(count) bytes"`. To be printed before many
/// others are made: the parts of all phrases lie in one ring.
struct Phrase: ExpressibleByStringInterpolation, StringInterpolationProtocol {
  typealias StringLiteralType = StaticString
  typealias StringInterpolation = Phrase

  enum Part {
    /// Words of this program.
    case words(StaticString)
    /// A path, of any length.
    case path(Text)
    /// What somebody else wrote.
    case text(Text)
    case number(UInt64)
    /// The instruction sets that are built in; the flag leaves only those that this machine has, and puts commas between them.
    case instructionSets(offered: Bool)
  }

  private static let ringCount: UInt32 = 64
  // One thread tells: the one that reads the options and writes the images.
  private nonisolated(unsafe) static var ring = InlineArray<64, Part>(repeating: .number(0))
  private nonisolated(unsafe) static var made: UInt32 = 0

  private let first: UInt32
  private(set) var count: UInt32 = 0

  // What is called from hundreds of places is not inlined: the program is to stay small.

  @inline(never)
  init(literalCapacity: Int, interpolationCount: Int) { first = Self.made }
  init(stringInterpolation phrase: Phrase) { self = phrase }
  @inline(never)
  init(stringLiteral words: StaticString) {
    self.init(literalCapacity: 0, interpolationCount: 0)
    append(.words(words))
  }

  subscript(_ index: UInt32) -> Part { Self.ring[Int((first &+ index) % Self.ringCount)] }

  @inline(never)
  private mutating func append(_ part: Part) {
    Self.ring[Int(Self.made % Self.ringCount)] = part
    Self.made &+= 1
    count += 1
  }

  @inline(__always)
  mutating func appendLiteral(_ words: StaticString) { if words.utf8CodeUnitCount > 0 { append(.words(words)) } }
  mutating func appendInterpolation(_ words: StaticString) { append(.words(words)) }
  mutating func appendInterpolation(_ text: Text) { append(.text(text)) }
  mutating func appendInterpolation(path: Path) { append(.path(Text(path))) }
  mutating func appendInterpolation(_ number: UInt64) { append(.number(number)) }
  mutating func appendInterpolation(_ number: Int) { append(.number(UInt64(number))) }
  mutating func appendInterpolation(_ part: Part) { append(part) }
}
