import ThimbleKernelInterface

/// Fused multiply-adds on numbers that stay in registers: what the instruction set can do at most. Returns the
/// multiply-accumulates done, `steps` times some.
public func fusedProductProbe(_ steps: Int, result: UnsafeMutablePointer<Float>) -> Int {
  // No two probeChains are the same: else one might be computed for all.
  var sums = InlineArray<12, Lanes> { Lanes(repeating: result[0] + Float($0)) }
  let (x, y) = (Lanes(repeating: result[1]), Lanes(repeating: result[2]))
  for _ in 0..<steps {
    for i in 0..<probeChains { sums[i].addProduct(x, y) }
  }
  var total = Lanes.zero
  for i in 0..<probeChains { total += sums[i] }
  result[0] = sumOfLanes(total)
  return steps * probeChains * 16
}
