import ThimbleIntrinsics

/// How the elements of a latent are distributed.
@frozen public enum LatentDistribution: UInt32, Sendable {
  /// Uniform in [-1, 1] (the paper's authors).
  case uniform = 0
  /// Standard normal (the common implementations).
  case normal = 1

  /// One element in Q3.12 (4096 stands for 1) from 16 random bits, by integers only.
  package func element(_ bits: UInt16) -> Int16 {
    switch self {
    case .uniform: Int16((Int32(bits) + 4) >> 3 - Int32(Q3x12.one))
    case .normal: Self.normalElement(bits)
    }
  }

  /// The inverse of the normal distribution function by a table with linear interpolation.
  private static func normalElement(_ bits: UInt16) -> Int16 {
    let position = Int32(bits & 0x7FFF)
    let index = position >> 5
    let lower = Int32(thimble_normal_quantile(index))
    let upper = Int32(thimble_normal_quantile(index + 1))
    let magnitude = lower + (((upper - lower) * (2 * (position & 31) + 1) + 32) >> 6)
    return Int16(bits & 0x8000 == 0 ? magnitude : -magnitude)
  }

  /// Fills `elements`, or the first `count`, with numbers of `stream` in `domain`: element i is made of bits i % 8 of the block i / 8.
  package func fill(
    _ elements: inout MutableSpan<Int16>, count: Int? = nil, seed: UInt64, stream: UInt64 = 0,
    domain: Philox.Domain = .latents
  ) {
    let random = Philox(seed: seed)
    let count = count ?? elements.count
    var index = 0
    while index < count {
      let words = random.block(UInt32(index / 8), stream: stream, domain: domain)
      for half in 0..<min(8, count - index) {
        elements[index + half] = element(UInt16(truncatingIfNeeded: words[half / 2] >> (half % 2 == 0 ? 0 : 16)))
      }
      index += 8
    }
  }
}

/// Q3.12, the numbers latents are made of: range -8 to 8, step 1/4096.
public enum Q3x12 {
  /// The element that stands for 1.
  @inlinable public static var one: Int16 { 4096 }

  /// The number that an element stands for, exactly.
  @inlinable public static func value(_ element: Int16) -> Float { Float(element) / Float(one) }

  /// The nearest element to `value`, halves to even, saturated; nil for NaN. From the bits of the number: arithmetic of floats would
  /// follow the rounding mode that the caller has set.
  public static func nearest(_ value: Float) -> Int16? {
    let bits = value.bitPattern
    let (isNegative, exponent, fraction) = (bits >> 31 != 0, bits >> 23 & 0xFF, bits & 0x7F_FFFF)
    if exponent == 0xFF && fraction != 0 { return nil }
    // 8 and beyond, infinities too.
    if exponent >= 130 { return isNegative ? -32768 : 32767 }
    // 4096 times the number is the significand / 2^shift: below a quarter of a step where the shift exceeds 25.
    let shift = 138 - exponent
    if shift > 25 { return 0 }
    let significand = fraction | 0x80_0000
    let (whole, rest, half) = (significand >> shift, significand & (1 << shift - 1), UInt32(1) << (shift - 1))
    let magnitude = Int32(whole) + (rest > half || rest == half && whole & 1 == 1 ? 1 : 0)
    return Int16(isNegative ? -magnitude : min(32767, magnitude))
  }
}
