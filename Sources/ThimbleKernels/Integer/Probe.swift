import ThimbleIntrinsics

/// The innermost products of a tile on numbers that stay in registers: what the instruction set can do at most. Returns the
/// multiply-accumulates done, `steps` times some.
public func dotProductProbe(_ steps: Int) -> Int {
  var numbers = InlineArray<64, UInt8>(repeating: 1)
  var sums = InlineArray<8, thimble_sums>(repeating: .zero)
  return withUnsafeMutableBytes(of: &numbers) { bytes in
    let start = bytes.baseAddress.unsafelyUnwrapped
    let weights = thimble_load_weights(UnsafePointer(start.assumingMemoryBound(to: Int8.self)))
    var inputs = thimble_load_inputs(UnsafePointer(start.assumingMemoryBound(to: UInt8.self)))
    for _ in 0..<steps {
      inputs = thimble_hidden(inputs)
      for i in 0..<8 { sums[i] = thimble_add_products(sums[i], inputs, weights) }
    }
    for i in 0..<8 { start.storeBytes(of: sums[i], as: thimble_sums.self) }
    return steps * 8 * thimble_sums.scalarCount * 4
  }
}
