import ThimbleIntrinsics
import ThimbleKernelTypes

// The one rounding rule of the format: r(acc) = (max(acc, 0) * m + 2^(s-1)) >> s in 64 unsigned bits, m below 2^31.

/// r(acc) of one accumulator: the definition.
@inline(__always)
func requantize(_ accumulator: Int32, multiplier: UInt32, shift: UInt64) -> UInt64 {
  (UInt64(max(accumulator, 0)) &* UInt64(multiplier) &+ 1 &<< (shift &- 1)) &>> shift
}

/// r(acc) of a register of accumulators, or 2^31 - 1 where it is larger, for any shift. Exporters choose multipliers of nearly
/// 31 bits and so shifts of 32 and more: this is for files that somebody else has written.
@inline(never)
func requantizeSlowly(_ sums: thimble_sums, _ multipliers: thimble_words, _ shift: UInt64) -> thimble_words {
  var words = thimble_words.zero
  for i in 0..<thimble_words.scalarCount {
    words[i] = UInt32(min(0x7FFF_FFFF, requantize(sums[i], multiplier: multipliers[i], shift: shift)))
  }
  return words
}

/// What turns the sums of a register's channels into activations: ReLU to u8.
struct ActivationEpilogue {
  private let biases: thimble_sums
  private let multipliers: thimble_words
  private let shift: UInt64

  /// The numbers of as many channels as a register has lanes.
  @inline(__always)
  init(_ biases: UnsafePointer<Int32>, _ multipliers: UnsafePointer<UInt32>, _ shift: UInt64) {
    self.biases = UnsafeRawPointer(biases).loadUnaligned(as: thimble_sums.self)
    self.multipliers = UnsafeRawPointer(multipliers).loadUnaligned(as: thimble_words.self)
    self.shift = shift
  }

  /// Whether `store` will do.
  @inline(__always)
  var isFast: Bool { shift >= 32 }

  /// Adds the biases, requantises, and stores a byte a lane, for shifts of 32 and more.
  @inline(__always)
  func store(_ sums: thimble_sums, to output: UnsafeMutablePointer<UInt8>) {
    thimble_store_bytes(output, thimble_requantize(thimble_add(sums, biases), multipliers, shift))
  }

  /// The same for any shift.
  @inline(__always)
  func storeSlowly(_ sums: thimble_sums, to output: UnsafeMutablePointer<UInt8>) {
    thimble_store_bytes(output, requantizeSlowly(thimble_add(sums, biases), multipliers, shift))
  }
}
