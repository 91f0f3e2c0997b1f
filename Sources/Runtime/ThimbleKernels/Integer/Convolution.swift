import ThimbleIntrinsics
import ThimbleKernelInterface

/// Memory on the stack that a unit needs beside its sums.
struct ConvolutionScratch {
  /// Room for int4 weights as int8: 256 bytes a block of the widest tile.
  let weights: UnsafeMutablePointer<Int8>
  /// Where dot products take signed bytes: what zeros as inputs add, all taps' [registers], then [tap][registers].
  let zeroTaps: UnsafeMutablePointer<thimble_sums>
}

/// One unit of a fractionally-strided convolution with ReLU.
public func fractionallyStridedConvolution(_ layer: IntegerConvolution, unit number: Int) {
  let unit = layer.unit(number)
  // 4 steps of 4 blocks, the most that a tile takes.
  var weights = InlineArray<16, SIMD64<Int8>> { _ in .zero }
  #if THIMBLE_SIGNED_INPUTS
    if unit.tapsY * unit.tapsX > 16 {
      var zeroTaps = InlineArray<1028, thimble_sums> { _ in .zero }
      return runUnit(layer, unit, &weights, &zeroTaps)
    }
    var zeroTaps = InlineArray<68, thimble_sums> { _ in .zero }
  #else
    var zeroTaps = InlineArray<1, thimble_sums> { _ in .zero }
  #endif
  runUnit(layer, unit, &weights, &zeroTaps)
}

@inline(__always)
private func runUnit<let count: Int>(
  _ layer: IntegerConvolution, _ unit: ConvolutionUnit, _ weights: inout InlineArray<16, SIMD64<Int8>>,
  _ zeroTaps: inout InlineArray<count, thimble_sums>
) {
  withUnsafeMutableBytes(of: &weights) { weights in
    withUnsafeMutableBytes(of: &zeroTaps) { zeroTaps in
      runTiles(
        layer, unit,
        ConvolutionScratch(
          weights: weights.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: Int8.self),
          zeroTaps: zeroTaps.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: thimble_sums.self)))
    }
  }
}

@inline(never)
private func runTiles(_ layer: IntegerConvolution, _ unit: ConvolutionUnit, _ scratch: ConvolutionScratch) {
  var block = unit.firstBlock
  #if THIMBLE_SHORT_TILES && !THIMBLE_COMPACT
    // Rows of four pixels and fewer: a tile of four blocks reads each input once for all of them.
    if unit.columns <= narrow && unit.endImage - unit.firstImage < wide {
      while block + Short.blocks <= unit.endBlock && layer.table == nil {
        forEachLine(layer, unit, pixels: narrow) { Short.run(layer, unit, block, $0, scratch, skipsEdges: true) }
        block += Short.blocks
      }
    }
  #endif
  while block + Wide.blocks <= unit.endBlock && layer.table == nil {
    #if THIMBLE_SIGNED_INPUTS
      Wide.addUpZeroTaps(layer, unit, block, scratch)
    #endif
    forEachLine(layer, unit, pixels: wide) { line in
      #if !THIMBLE_COMPACT
        if line.count <= narrow { return Narrow.run(layer, unit, block, line, scratch) }
      #endif
      Wide.run(layer, unit, block, line, scratch, skipsEdges: true)
    }
    block += Wide.blocks
  }
  // With AVX-512, an odd last block fills as many registers as a last layer.
  if block < unit.endBlock {
    #if THIMBLE_SIGNED_INPUTS
      Output.addUpZeroTaps(layer, unit, block, scratch)
    #endif
    forEachLine(layer, unit, pixels: outputPixels) { Output.run(layer, unit, block, $0, scratch) }
  }
}
