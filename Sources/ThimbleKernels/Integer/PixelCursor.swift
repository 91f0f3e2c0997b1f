import ThimbleKernelTypes

/// Runs through the pixels of a unit, numbered [row][column][image].
struct PixelCursor {
  /// The last input row and column that meet the pixel: those of tap 0.
  var row: Int, column: Int
  var image: Int
  /// The input position at (row, column), which may lie outside of the map, and the pixel's place in the output.
  var input: UnsafePointer<UInt8>, output: UnsafeMutablePointer<UInt8>

  private let images: Int, firstColumn: Int, endColumn: Int
  private let inputImageStep: Int, inputColumnStep: Int, inputRowStep: Int
  private let outputImageStep: Int, outputColumnStep: Int, outputRowStep: Int

  @inline(__always)
  init(_ layer: IntegerConvolution, _ unit: ConvolutionUnit) {
    let inputStride = (layer.inputChannels + 15) / 16 * 16
    let position = unit.firstPixel / layer.images
    image = unit.firstPixel % layer.images
    images = layer.images
    let (phaseRow, phaseColumn) = (position / unit.columns, position % unit.columns)
    firstColumn = (unit.firstColumn + layer.padding) / layer.stride
    endColumn = firstColumn + unit.columns
    row = (unit.firstRow + layer.padding) / layer.stride + phaseRow
    column = firstColumn + phaseColumn
    input = layer.input + (image * layer.inputImageStride + (row * layer.inputWidth + column) * inputStride)
    let (y, x) = (unit.firstRow + phaseRow * layer.stride, unit.firstColumn + phaseColumn * layer.stride)
    output = layer.output + (image * layer.outputImageStride + (y * layer.outputWidth + x) * layer.outputPositionStride)
    // Steps from one pixel to the next: to the next image, or back to the first one and on to the next column or row.
    inputImageStep = layer.inputImageStride
    inputColumnStep = inputStride - images * inputImageStep
    inputRowStep = (layer.inputWidth - unit.columns) * inputStride
    outputImageStep = layer.outputImageStride
    outputColumnStep = layer.stride * layer.outputPositionStride - images * outputImageStep
    outputRowStep = layer.stride * (layer.outputWidth - unit.columns) * layer.outputPositionStride
  }

  @inline(__always)
  mutating func advance() {
    image += 1
    input += inputImageStep
    output += outputImageStep
    guard image == images else { return }
    image = 0
    column += 1
    input += inputColumnStep
    output += outputColumnStep
    guard column == endColumn else { return }
    column = firstColumn
    row += 1
    input += inputRowStep
    output += outputRowStep
  }
}
