import ThimbleIntrinsics

/// The innermost products of a tile on numbers that stay in registers: what the instruction set can do at most. Returns the
/// multiply-accumulates done, `steps` times some.
public func dotProductProbe(_ steps: Int) -> Int {
  var numbers = InlineArray<256, Int8>(repeating: 1)
  let (weights, fixedInputs) = withUnsafeBytes(of: &numbers) { bytes in
    let start = bytes.baseAddress.unsafelyUnwrapped
    return (
      thimble_load_weights(start.assumingMemoryBound(to: Int8.self)),
      thimble_load_inputs(start.assumingMemoryBound(to: UInt8.self))
    )
  }
  var inputs = fixedInputs
  var sums = InlineArray<8, thimble_totals> { _ in .zero }
  for _ in 0..<steps {
    for i in 0..<8 {
      inputs = thimble_hidden(inputs)
      sums[i] = thimble_add_products(sums[i], inputs, weights)
    }
  }
  for i in 0..<8 { thimble_use(sums[i]) }
  return steps * 8 * thimble_sums.scalarCount * thimble_step_inputs()
}
