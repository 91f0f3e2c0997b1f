import ThimbleIntrinsics
import ThimbleKernelTypes

/// One unit of a fractionally-strided convolution with ReLU.
public func fractionallyStridedConvolution(_ layer: IntegerConvolution, unit number: Int) {
  if !layer.hasInt4Weights {
    // Nothing is unpacked: the room is not looked at.
    UnitOfTiles<0>.run(layer, number, UnsafeMutablePointer(mutating: layer.weights))
    return
  }
  // 4 steps of 4 blocks, the most that a tile takes.
  var room = InlineArray<16, SIMD64<Int8>>(repeating: .zero)
  withUnsafeMutableBytes(of: &room) { bytes in
    UnitOfTiles<1>.run(layer, number, bytes.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: Int8.self))
  }
}

/// The tiles of each instruction set, for weights of one encoding: as many sums as leave registers for weights and inputs.
private struct UnitOfTiles<let encoding: Int> {
  // `Wide` and `Narrow` for the body and the end of a row, the others for short rows and for a last odd block.
  #if THIMBLE_AVX512
    private typealias Wide = ConvolutionTile<8, 2, 16, encoding>
    private typealias Narrow = ConvolutionTile<4, 2, 8, encoding>
    private typealias Short = ConvolutionTile<4, 4, 16, encoding>
    private typealias OddWide = ConvolutionTile<8, 1, 8, encoding>
    private typealias OddNarrow = ConvolutionTile<4, 1, 4, encoding>
    private static var wide: Int { 8 }
    private static var narrow: Int { 4 }
  #elseif THIMBLE_AVXVNNI
    private typealias Wide = ConvolutionTile<6, 2, 12, encoding>
    private typealias Narrow = ConvolutionTile<4, 2, 8, encoding>
    private static var wide: Int { 6 }
    private static var narrow: Int { 4 }
  #elseif THIMBLE_AVX2
    private typealias Wide = ConvolutionTile<4, 2, 8, encoding>
    private typealias Narrow = ConvolutionTile<2, 2, 4, encoding>
    private static var wide: Int { 4 }
    private static var narrow: Int { 2 }
  #else
    private typealias Wide = ConvolutionTile<2, 4, 8, encoding>
    private typealias Narrow = ConvolutionTile<1, 4, 4, encoding>
    private static var wide: Int { 2 }
    private static var narrow: Int { 1 }
  #endif

  static func run(_ layer: IntegerConvolution, _ number: Int, _ room: UnsafeMutablePointer<Int8>) {
    let unit = layer.unit(number)
    var block = unit.firstBlock
    #if THIMBLE_AVX512
      // Rows of four pixels and fewer: a tile of four blocks reads each input once for all of them.
      if unit.columns <= narrow && unit.endImage - unit.firstImage < wide {
        while block + Short.blocks <= unit.endBlock {
          forEachLine(layer, unit, pixels: narrow) { Short.run(layer, unit, block, $0, room) }
          block += Short.blocks
        }
      }
    #endif
    while block + Wide.blocks <= unit.endBlock {
      forEachLine(layer, unit, pixels: wide) { line in
        if line.count <= narrow {
          Narrow.run(layer, unit, block, line, room)
        } else {
          Wide.run(layer, unit, block, line, room)
        }
      }
      block += Wide.blocks
    }
    #if THIMBLE_AVX512
      if block < unit.endBlock {
        forEachLine(layer, unit, pixels: wide) { line in
          if line.count <= narrow {
            OddNarrow.run(layer, unit, block, line, room)
          } else {
            OddWide.run(layer, unit, block, line, room)
          }
        }
      }
    #endif
  }
}
