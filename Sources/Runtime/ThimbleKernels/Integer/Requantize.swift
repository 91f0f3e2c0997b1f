import ThimbleIntrinsics
import ThimbleKernelInterface

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
  private var biases: thimble_sums
  private let multipliers: thimble_words
  private let shift: UInt64

  /// The numbers of as many channels as a register has lanes.
  @inline(__always)
  init(_ biases: UnsafePointer<Int32>, _ multipliers: UnsafePointer<UInt32>, _ shift: UInt64) {
    self.biases = UnsafeRawPointer(biases).loadUnaligned(as: thimble_sums.self)
    self.multipliers = UnsafeRawPointer(multipliers).loadUnaligned(as: thimble_words.self)
    self.shift = shift
  }

  /// Takes off what lies in the sums beside the products.
  @inline(__always)
  mutating func takeOff(_ sums: thimble_sums) { biases = thimble_subtract(biases, sums) }

  /// Adds the biases and requantises: below 2^31.
  @inline(__always)
  func words(_ sums: thimble_sums) -> thimble_words {
    let sums = thimble_add(sums, biases)
    return shift >= 32 ? thimble_requantize(sums, multipliers, shift) : requantizeSlowly(sums, multipliers, shift)
  }

  /// The same, stored as a byte a lane.
  @inline(__always)
  func store(_ sums: thimble_sums, to output: UnsafeMutablePointer<UInt8>) { thimble_store_bytes(output, words(sums)) }
}

/// Turns the sums of a line, [pixel][register], into its activations, for channels from `channel` on, or into pixels by the output
/// table. Not inlined: all tiles share it, since their code is long enough.
/// - Parameter zeroTaps: where dot products take signed bytes, what all taps' zeros have added, [register].
@inline(never)
func storeLine(
  _ layer: IntegerConvolution, _ channel: Int, _ registers: Int, _ line: TileLine, _ sums: UnsafePointer<thimble_sums>,
  _ zeroTaps: UnsafePointer<thimble_sums>
) {
  for register in 0..<registers {
    let channel = channel + register * thimble_sums.scalarCount
    var epilogue = ActivationEpilogue(layer.biases + channel, layer.multipliers + channel, layer.shift)
    #if THIMBLE_SIGNED_INPUTS
      epilogue.takeOff(zeroTaps[register])
    #endif
    var (sum, output) = (sums + register, line.output + channel)
    for _ in 0..<line.count {
      if let table = layer.table {
        let entries = thimble_at_most(epilogue.words(sum.pointee), 4095)
        for i in 0..<layer.outputChannels { output[i] = table[Int(entries[i])] }
      } else {
        epilogue.store(sum.pointee, to: output)
      }
      sum += registers
      output += line.outputStep
    }
  }
}
