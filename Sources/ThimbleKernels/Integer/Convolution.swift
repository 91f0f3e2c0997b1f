import ThimbleIntrinsics
import ThimbleKernelTypes

/// One unit of a fractionally-strided convolution with ReLU: tiles of pixels x blocks of 16 channels, as wide as the
/// registers of the instruction set allow.
public func fractionallyStridedConvolution(_ layer: IntegerConvolution, unit number: Int) {
  let unit = layer.unit(number)
  var block = unit.firstBlock
  if thimble_tile_blocks() == 2 {
    while block + 2 <= unit.endBlock {
      runTiles(layer, unit, block, ConvolutionTile<8, 2>.self, ConvolutionTile<4, 2>.self)
      block += 2
    }
  }
  while block < unit.endBlock {
    switch thimble_tile_pixels() {
    case 8: runTiles(layer, unit, block, ConvolutionTile<8, 1>.self, ConvolutionTile<4, 1>.self)
    case 3: runTiles(layer, unit, block, ConvolutionTile<3, 1>.self, ConvolutionTile<1, 1>.self)
    default: runTiles(layer, unit, block, ConvolutionTile<2, 1>.self, ConvolutionTile<1, 1>.self)
    }
    block += 1
  }
}

/// All pixels of a unit, by wide tiles as long as a narrow one does not do.
@inline(__always)
private func runTiles<let wide: Int, let narrow: Int, let blocks: Int>(
  _ layer: IntegerConvolution, _ unit: ConvolutionUnit, _ block: Int,
  _: ConvolutionTile<wide, blocks>.Type, _: ConvolutionTile<narrow, blocks>.Type
) {
  var cursor = PixelCursor(layer, unit)
  var left = unit.endPixel - unit.firstPixel
  while left > 0 {
    if left > narrow {
      ConvolutionTile<wide, blocks>.run(layer, unit, block, &cursor, left: left)
      left -= wide
    } else {
      ConvolutionTile<narrow, blocks>.run(layer, unit, block, &cursor, left: left)
      left -= narrow
    }
  }
}
