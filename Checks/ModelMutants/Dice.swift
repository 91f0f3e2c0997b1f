import Thimble

/// Random numbers of one mutant: they depend on the seed and on the mutant's number alone, so that any mutant can be made
/// again by itself.
struct Dice {
  private let random: Philox
  private let mutant: UInt64
  private var words = SIMD4<UInt32>()
  private var drawn: UInt32 = 0

  init(seed: UInt64, mutant: Int) { (random, self.mutant) = (Philox(seed: seed), UInt64(mutant)) }

  /// 32 random bits.
  mutating func word() -> UInt32 {
    if drawn % 4 == 0 {
      words = random.words(
        counter: SIMD4(drawn / 4, UInt32(truncatingIfNeeded: mutant), UInt32(mutant >> 32), 0x4D55_5441))
    }
    drawn += 1
    return words[Int((drawn - 1) % 4)]
  }

  /// 64 random bits.
  mutating func long() -> UInt64 { UInt64(word()) << 32 | UInt64(word()) }

  /// 0 ..< count; 0 for a count of 0.
  mutating func below(_ count: Int) -> Int { Int((UInt64(word()) * UInt64(count)) >> 32) }

  /// A number of the range.
  mutating func within(_ range: ClosedRange<Int>) -> Int { range.lowerBound + below(range.count) }

  /// True once in `count` times.
  mutating func once(in count: Int) -> Bool { below(count) == 0 }

  /// One of a list, which is not empty.
  mutating func pick<Element>(_ list: [Element]) -> Element { list[below(list.count)] }
}
