import ThimbleKernelInterface

// The project's own exp, log and tanh: libm's differ between machines, these do not. Every product-sum is fused.

/// e^x, relative error below 2^-22; x is clamped to [-87, 88].
@inline(__always)
func exponential(_ x: Lanes) -> Lanes {
  let clamped = x.replacing(with: -87, where: x .< -87).replacing(with: 88, where: x .> 88)
  // Adding 1.5 * 2^23 rounds to a whole number (halves to even) and leaves it in the low bits.
  let shifted = Lanes(repeating: 12_582_912).addingProduct(clamped, 1.442_695_04)
  let n = shifted - 12_582_912
  // ln 2 in two parts, the first short enough for exact products with n (Cody and Waite).
  var r = clamped.addingProduct(n, -0.693_359_375)
  r.addProduct(n, 2.121_944_4e-4)
  var sum = Lanes(repeating: 1.0 / 5040)
  sum = Lanes(repeating: 1.0 / 720).addingProduct(sum, r)
  sum = Lanes(repeating: 1.0 / 120).addingProduct(sum, r)
  sum = Lanes(repeating: 1.0 / 24).addingProduct(sum, r)
  sum = Lanes(repeating: 1.0 / 6).addingProduct(sum, r)
  sum = Lanes(repeating: 0.5).addingProduct(sum, r)
  sum = Lanes(repeating: 1).addingProduct(sum, r)
  sum = Lanes(repeating: 1).addingProduct(sum, r)
  let whole = unsafeBitCast(shifted, to: SIMD16<Int32>.self) &- 0x4B40_0000
  let exponent = (whole &+ 127) &<< 23
  return sum * unsafeBitCast(exponent, to: Lanes.self)
}

/// ln(1 + t) for t in [0, 1], relative error below 2^-21: 2 artanh(t / (2 + t)) by its series.
@inline(__always)
func logarithmOfOnePlus(_ t: Lanes) -> Lanes {
  let w = t / (t + 2)
  let square = w * w
  var sum = Lanes(repeating: 1.0 / 17)
  sum = Lanes(repeating: 1.0 / 15).addingProduct(sum, square)
  sum = Lanes(repeating: 1.0 / 13).addingProduct(sum, square)
  sum = Lanes(repeating: 1.0 / 11).addingProduct(sum, square)
  sum = Lanes(repeating: 1.0 / 9).addingProduct(sum, square)
  sum = Lanes(repeating: 1.0 / 7).addingProduct(sum, square)
  sum = Lanes(repeating: 1.0 / 5).addingProduct(sum, square)
  sum = Lanes(repeating: 1.0 / 3).addingProduct(sum, square)
  sum = Lanes(repeating: 1).addingProduct(sum, square)
  return 2 * w * sum
}

@inline(__always)
private func magnitude(_ x: Lanes) -> Lanes { x.replacing(with: -x, where: x .< 0) }

/// tanh x, absolute error below 2^-22.
@inline(__always)
func hyperbolicTangent(_ x: Lanes) -> Lanes {
  let positive = magnitude(x)
  let large = 1 - 2 / (exponential(2 * positive) + 1)
  // The odd polynomial of Cephes (Moshier) near 0, where the other form cancels.
  let square = x * x
  var sum = Lanes(repeating: -5.704_988_727_45e-3)
  sum = Lanes(repeating: 2.063_908_879_54e-2).addingProduct(sum, square)
  sum = Lanes(repeating: -5.373_971_555_31e-2).addingProduct(sum, square)
  sum = Lanes(repeating: 1.333_144_220_36e-1).addingProduct(sum, square)
  sum = Lanes(repeating: -3.333_328_194_22e-1).addingProduct(sum, square)
  let small = positive.addingProduct(sum * square, positive)
  let result = large.replacing(with: small, where: positive .< 0.625)
  return result.replacing(with: -result, where: x .< 0)
}

/// softplus(x) = ln(1 + e^x) in its stable form, max(x, 0) + ln(1 + e^-|x|), and sigmoid(x), for the losses.
@inline(__always)
func softplusAndSigmoid(_ x: Lanes) -> (softplus: Lanes, sigmoid: Lanes) {
  let e = exponential(-magnitude(x))
  let softplus = x.replacing(with: 0, where: x .< 0) + logarithmOfOnePlus(e)
  let numerator = Lanes(repeating: 1).replacing(with: e, where: x .< 0)
  return (softplus, numerator / (1 + e))
}

/// Applies tanh to `groups` groups of 16 numbers.
public func hyperbolicTangents(_ values: UnsafeMutablePointer<Float>, groups: Range<Int>) {
  let raw = UnsafeMutableRawPointer(values)
  for g in groups {
    let x = raw.loadUnaligned(fromByteOffset: 64 * g, as: Lanes.self)
    raw.storeBytes(of: hyperbolicTangent(x), toByteOffset: 64 * g, as: Lanes.self)
  }
}

/// Writes softplus and sigmoid of `groups` groups of 16 numbers.
public func softplusAndSigmoids(
  _ values: UnsafePointer<Float>, softplus: UnsafeMutablePointer<Float>, sigmoid: UnsafeMutablePointer<Float>,
  groups: Int
) {
  for g in 0..<groups {
    let both = softplusAndSigmoid(UnsafeRawPointer(values + 16 * g).loadUnaligned(as: Lanes.self))
    UnsafeMutableRawPointer(softplus + 16 * g).storeBytes(of: both.softplus, as: Lanes.self)
    UnsafeMutableRawPointer(sigmoid + 16 * g).storeBytes(of: both.sigmoid, as: Lanes.self)
  }
}
