/// Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel Random Numbers: As Easy as 1, 2, 3", 2011): a function from a key and a
/// counter to 128 random bits, without state, so that any number can be had in any order.
package struct Philox: Sendable {
  /// What a stream of random numbers is for: the last word of the counter. Streams of different domains never meet.
  package enum Domain: UInt32, Sendable {
    /// Latents of a seed that a user names.
    case latents = 1
    /// Latents of a training run.
    case trainingLatents = 2
    /// Initial weights.
    case initialWeights = 3
    /// Order of the images in an epoch.
    case shuffling = 4
    /// Latents over which batch statistics are frozen.
    case freezing = 5
    /// Latents over which activation ranges are chosen.
    case calibration = 6
    /// Which images of a minibatch are mirrored.
    case mirroring = 7
  }

  private let key: (UInt32, UInt32)

  /// Random numbers of one seed.
  package init(seed: UInt64) {
    key = (UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
  }

  /// The four words for the counter (block, stream mod 2^32, stream / 2^32, domain).
  package func block(_ block: UInt32, stream: UInt64 = 0, domain: Domain) -> SIMD4<UInt32> {
    words(
      counter: SIMD4(
        block, UInt32(truncatingIfNeeded: stream), UInt32(truncatingIfNeeded: stream >> 32), domain.rawValue))
  }

  /// The bare function; `block(_:stream:domain:)` is what the project uses.
  package func words(counter: SIMD4<UInt32>) -> SIMD4<UInt32> {
    var (k0, k1) = key
    var c = counter
    for _ in 0..<10 {
      let p0 = UInt64(c[0]) &* 0xD251_1F53
      let p1 = UInt64(c[2]) &* 0xCD9E_8D57
      c = SIMD4(
        UInt32(truncatingIfNeeded: p1 >> 32) ^ c[1] ^ k0, UInt32(truncatingIfNeeded: p1),
        UInt32(truncatingIfNeeded: p0 >> 32) ^ c[3] ^ k1, UInt32(truncatingIfNeeded: p0))
      k0 = k0 &+ 0x9E37_79B9
      k1 = k1 &+ 0xBB67_AE85
    }
    return c
  }
}
