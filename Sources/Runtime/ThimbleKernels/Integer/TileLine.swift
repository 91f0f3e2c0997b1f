import ThimbleKernelInterface

/// Up to a tile's pixels of one output phase, in memory at a constant step: neighbours in a row, or the same pixel of several
/// images.
struct TileLine {
  /// Where the first pixel meets tap (0, 0), which may lie outside of the map, and bytes to the next one.
  var input: UnsafePointer<UInt8>, inputStep: Int
  /// Where the first pixel goes, and bytes to the next one.
  var output: UnsafeMutablePointer<UInt8>, outputStep: Int
  /// How many pixels there are.
  var count: Int
  /// The taps along y whose input row is in the map.
  var firstTapY: Int, endTapY: Int
  /// The input column of the first pixel at tap 0, and that of the next one minus it: 1 in a row, 0 over images.
  var column: Int, columnStep: Int
}

/// Calls `body` with lines of at most `pixels` pixels that together are a unit. There is one call, since a tile's code is long.
@inline(__always)
func forEachLine(_ layer: IntegerConvolution, _ unit: ConvolutionUnit, pixels: Int, _ body: (TileLine) -> Void) {
  var image = unit.firstImage
  while image < unit.endImage {
    // Taps outside of the map drop out for whole tiles where these lie across images.
    let joined = layer.joinsImages && image + pixels <= unit.endImage
    for row in 0..<unit.rows {
      var column = 0
      while column < unit.columns {
        var line = TileLine(layer, unit, image: image, row: row, column: column)
        if joined {
          (line.inputStep, line.outputStep, line.columnStep) = (layer.inputImageStride, layer.outputImageStride, 0)
          line.count = pixels
          column += 1
        } else {
          line.count = min(pixels, unit.columns - column)
          column += pixels
        }
        body(line)
      }
    }
    image += joined ? pixels : 1
  }
}

extension TileLine {
  /// One pixel of a unit, and the step to the next one in its row.
  @inline(__always)
  init(_ layer: IntegerConvolution, _ unit: ConvolutionUnit, image: Int, row: Int, column: Int) {
    let inputRow = unit.inputRow + row
    inputStep = (layer.inputChannels + 15) / 16 * 16
    outputStep = layer.stride * layer.outputPositionStride
    self.column = unit.inputColumn + column
    (columnStep, count) = (1, 1)
    input =
      layer.input + (image * layer.inputImageStride + (inputRow * layer.inputWidth + self.column) * inputStep)
    let position = (unit.outputRow + row * layer.stride) * layer.outputWidth + unit.outputColumn
    output =
      layer.output
      + (image * layer.outputImageStride + position * layer.outputPositionStride + column * outputStep)
    firstTapY = max(0, inputRow - layer.inputHeight + 1)
    endTapY = min(unit.tapsY, inputRow + 1)
  }

  /// The pixels first ..< end that meet the map at a tap along x.
  @inline(__always)
  func inside(_ layer: IntegerConvolution, _ tapX: Int) -> (first: Int, end: Int) {
    let column = column - tapX
    if columnStep == 0 { return column >= 0 && column < layer.inputWidth ? (0, count) : (0, 0) }
    return (max(0, -column), min(count, layer.inputWidth - column))
  }
}
