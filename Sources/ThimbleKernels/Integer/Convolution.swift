import ThimbleIntrinsics
import ThimbleKernelTypes

// The tiles of each instruction set: as many sums as leave registers for weights and inputs. `Wide` and `Narrow` for the body
// and the end of a row, the others for a last odd block.
#if THIMBLE_AVX512
  private typealias Wide = ConvolutionTile<8, 2, 16>
  private typealias Narrow = ConvolutionTile<4, 2, 8>
  private typealias Short = ConvolutionTile<4, 4, 16>
  private typealias OddWide = ConvolutionTile<8, 1, 8>
  private typealias OddNarrow = ConvolutionTile<4, 1, 4>
  private let wide = 8, narrow = 4
#elseif THIMBLE_AVXVNNI
  private typealias Wide = ConvolutionTile<6, 2, 12>
  private typealias Narrow = ConvolutionTile<4, 2, 8>
  private let wide = 6, narrow = 4
#elseif THIMBLE_AVX2
  private typealias Wide = ConvolutionTile<4, 2, 8>
  private typealias Narrow = ConvolutionTile<2, 2, 4>
  private let wide = 4, narrow = 2
#else
  private typealias Wide = ConvolutionTile<2, 4, 8>
  private typealias Narrow = ConvolutionTile<1, 4, 4>
  private let wide = 2, narrow = 1
#endif

/// One unit of a fractionally-strided convolution with ReLU.
public func fractionallyStridedConvolution(_ layer: IntegerConvolution, unit number: Int) {
  if !layer.hasInt4Weights {
    // Nothing is unpacked: the room is not looked at.
    convolve(layer, number, UnsafeMutablePointer(mutating: layer.weights), int4: false)
    return
  }
  // 4 steps of 4 blocks, the most that a tile takes.
  var room = InlineArray<16, SIMD64<Int8>>(repeating: .zero)
  withUnsafeMutableBytes(of: &room) { bytes in
    convolve(layer, number, bytes.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: Int8.self), int4: true)
  }
}

/// The unit's tiles, for weights of one kind.
@inline(__always)
private func convolve(_ layer: IntegerConvolution, _ number: Int, _ room: UnsafeMutablePointer<Int8>, int4: Bool) {
  let unit = layer.unit(number)
  var block = unit.firstBlock
  #if THIMBLE_AVX512
    // Rows of four pixels and fewer: a tile of four blocks reads each input once for all of them.
    if unit.columns <= narrow && unit.endImage - unit.firstImage < wide {
      while block + Short.blocks <= unit.endBlock {
        forEachLine(layer, unit, pixels: narrow) { Short.run(layer, unit, block, $0, room, int4: int4) }
        block += Short.blocks
      }
    }
  #endif
  while block + Wide.blocks <= unit.endBlock {
    forEachLine(layer, unit, pixels: wide) { line in
      if line.count <= narrow {
        Narrow.run(layer, unit, block, line, room, int4: int4)
      } else {
        Wide.run(layer, unit, block, line, room, int4: int4)
      }
    }
    block += Wide.blocks
  }
  #if THIMBLE_AVX512
    if block < unit.endBlock {
      forEachLine(layer, unit, pixels: wide) { line in
        if line.count <= narrow {
          OddNarrow.run(layer, unit, block, line, room, int4: int4)
        } else {
          OddWide.run(layer, unit, block, line, room, int4: int4)
        }
      }
    }
  #endif
}
