import ThimbleIntrinsics
import ThimbleKernelTypes

// The one rounding rule of the format: r(acc) = (max(acc, 0) * m + 2^(s-1)) >> s in 64 unsigned bits, m below 2^31.

/// r(acc) of one accumulator: the definition.
@inline(__always)
func requantize(_ accumulator: Int32, multiplier: UInt32, shift: UInt64) -> UInt64 {
  (UInt64(max(accumulator, 0)) &* UInt64(multiplier) &+ 1 &<< (shift &- 1)) &>> shift
}

/// min(limit, r(acc)) of 16 accumulators. `limit` below 2^32.
///
/// Even and odd lanes apart: each half is one multiplication of 32 by 32 to 64 bits on every instruction set.
@inline(__always)
func requantize(
  _ accumulators: SIMD16<Int32>, multipliers: SIMD16<UInt32>, shift: UInt64, limit: UInt64
) -> SIMD16<UInt32> {
  // The sign spread over the lane masks what is negative; a comparison would become a loop over the lanes.
  let positive = accumulators & ~(accumulators &>> 31)
  let low = SIMD8<UInt64>(repeating: 0xFFFF_FFFF)
  let half = SIMD8<UInt64>(repeating: 1 &<< (shift &- 1))
  let values = unsafeBitCast(positive, to: SIMD8<UInt64>.self)
  let factors = unsafeBitCast(multipliers, to: SIMD8<UInt64>.self)
  let even = ((values & low) &* (factors & low) &+ half) &>> SIMD8(repeating: shift)
  let odd = ((values &>> 32) &* (factors &>> 32) &+ half) &>> SIMD8(repeating: shift)
  let most = SIMD8<UInt64>(repeating: limit)
  let evenClamped = even.replacing(with: most, where: even .> most)
  let oddClamped = odd.replacing(with: most, where: odd .> most)
  return unsafeBitCast(evenClamped | oddClamped &<< 32, to: SIMD16<UInt32>.self)
}

/// What turns the sums of one block of 16 channels into activations: ReLU to u8.
struct ActivationEpilogue {
  private let biases: SIMD16<Int32>
  private let multipliers: SIMD16<UInt32>
  private let shift: UInt64

  @inline(__always)
  init(biases: UnsafePointer<Int32>, multipliers: UnsafePointer<UInt32>, shift: UInt64) {
    self.biases = UnsafeRawPointer(biases).loadUnaligned(as: SIMD16<Int32>.self)
    self.multipliers = UnsafeRawPointer(multipliers).loadUnaligned(as: SIMD16<UInt32>.self)
    self.shift = shift
  }

  @inline(__always)
  init(_ layer: IntegerConvolution, _ block: Int) {
    self.init(biases: layer.biases + block * 16, multipliers: layer.multipliers + block * 16, shift: layer.shift)
  }

  /// Adds the biases to what the taps gave, requantises, and stores 16 u8.
  @inline(__always)
  func store(_ totals: SIMD16<Int32>, to output: UnsafeMutablePointer<UInt8>) {
    let words = requantize(totals &+ biases, multipliers: multipliers, shift: shift, limit: 255)
    UnsafeMutableRawPointer(output).storeBytes(of: thimble_narrow(words), as: SIMD16<UInt8>.self)
  }
}
