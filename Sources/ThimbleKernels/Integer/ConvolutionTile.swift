import ThimbleIntrinsics
import ThimbleKernelTypes

/// Some pixels of one output phase x one or two blocks of 16 channels, whose sums stay in registers over all taps and inputs.
struct ConvolutionTile<let pixels: Int, let blocks: Int> {
  /// Computes, requantises and stores the next pixels.
  @inline(__always)
  static func run(
    _ layer: IntegerConvolution, _ unit: ConvolutionUnit, _ block: Int, _ cursor: inout PixelCursor, left: Int
  ) {
    let tile = TilePixels<pixels>(layer, unit, &cursor, left: left)
    let inputStride = (layer.inputChannels + 15) / 16 * 16
    let tapBytes = layer.bytesATapAndBlock
    let blockBytes = unit.tapsY * unit.tapsX * tapBytes
    var weights = layer.weights + (unit.weightOffset + block * blockBytes)
    var sums = InlineArray<pixels, thimble_sums>(repeating: .zero)
    var secondSums = InlineArray<pixels, thimble_sums>(repeating: .zero)
    for tapY in 0..<unit.tapsY {
      for tapX in 0..<unit.tapsX {
        let (inputs, anyInside) = tile.inputs(layer, tapY, tapX, inputStride)
        if anyInside {
          if layer.hasInt4Weights {
            var room = InlineArray<8, SIMD64<Int8>>(repeating: .zero)
            withUnsafeMutableBytes(of: &room) { bytes in
              let room = bytes.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: Int8.self)
              for sixteen in 0..<inputStride / 16 {
                let packed = UnsafeRawPointer(weights + sixteen * 136).assumingMemoryBound(to: UInt8.self)
                unpackGroup(packed, steps: 4, to: room)
                if blocks == 2 { unpackGroup(packed + blockBytes, steps: 4, to: room + 256) }
                for step in 0..<4 {
                  for p in 0..<pixels {
                    let four = thimble_broadcast(inputs[p] + sixteen * 16 + step * 4)
                    sums[p] = thimble_add_products(sums[p], four, room + step * 64)
                    if blocks == 2 { secondSums[p] = thimble_add_products(secondSums[p], four, room + step * 64 + 256) }
                  }
                }
              }
            }
          } else {
            for group in 0..<inputStride / 4 {
              let step = weights + group * 64
              for p in 0..<pixels {
                let four = thimble_broadcast(inputs[p] + group * 4)
                sums[p] = thimble_add_products(sums[p], four, step)
                if blocks == 2 { secondSums[p] = thimble_add_products(secondSums[p], four, step + blockBytes) }
              }
            }
          }
        }
        weights += tapBytes
      }
    }
    // Out of the registers by a loop so short that it is unrolled: else the sums would live in memory in the loop above too.
    var totals = InlineArray<pixels, SIMD16<Int32>>(repeating: .zero)
    var secondTotals = InlineArray<pixels, SIMD16<Int32>>(repeating: .zero)
    for p in 0..<pixels {
      totals[p] = thimble_totals(sums[p])
      secondTotals[p] = thimble_totals(secondSums[p])
    }
    let epilogue = ActivationEpilogue(layer, block)
    for p in 0..<pixels { epilogue.store(totals[p], to: tile.outputs[p] + block * 16) }
    if blocks == 2 {
      let second = ActivationEpilogue(layer, block + 1)
      for p in 0..<pixels { second.store(secondTotals[p], to: tile.outputs[p] + (block + 1) * 16) }
    }
  }
}
