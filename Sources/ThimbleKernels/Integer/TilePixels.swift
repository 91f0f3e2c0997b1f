import ThimbleKernelTypes

/// The pixels of a tile: where each one's inputs begin, and where it goes.
struct TilePixels<let count: Int> {
  /// Of each pixel: the last input row and column that meet it, those of tap 0.
  private var rows = InlineArray<count, Int>(repeating: 0)
  private var columns = InlineArray<count, Int>(repeating: 0)
  /// The input there, which may lie outside of the map.
  private var starts: InlineArray<count, UnsafePointer<UInt8>>
  /// The first channel of each pixel's output.
  private(set) var outputs: InlineArray<count, UnsafeMutablePointer<UInt8>>
  /// Whether all taps of all pixels lie inside of the map.
  private var interior = true

  /// Takes the next pixels. Where fewer are left than the tile is wide, the last one is computed several times, into the
  /// same place.
  @inline(__always)
  init(_ layer: IntegerConvolution, _ unit: ConvolutionUnit, _ cursor: inout PixelCursor, left: Int) {
    starts = InlineArray(repeating: layer.zeros)
    outputs = InlineArray(repeating: layer.output)
    for p in 0..<count {
      (rows[p], columns[p], starts[p]) = (cursor.row, cursor.column, cursor.input)
      outputs[p] = cursor.output
      interior = interior && cursor.row < layer.inputHeight && cursor.row >= unit.tapsY - 1
      interior = interior && cursor.column < layer.inputWidth && cursor.column >= unit.tapsX - 1
      if p + 1 < left { cursor.advance() }
    }
  }

  /// The input position of each pixel at a tap, or zeros outside of the map; and whether any lies inside, since otherwise the
  /// tap adds nothing.
  @inline(__always)
  func inputs(
    _ layer: IntegerConvolution, _ tapY: Int, _ tapX: Int, _ inputStride: Int
  ) -> (InlineArray<count, UnsafePointer<UInt8>>, Bool) {
    let back = (tapY * layer.inputWidth + tapX) * inputStride
    var inputs = starts
    var anyInside = interior
    for p in 0..<count {
      let inside =
        interior || isInside(rows[p] - tapY, layer.inputHeight) && isInside(columns[p] - tapX, layer.inputWidth)
      inputs[p] = inside ? starts[p] - back : layer.zeros
      anyInside = anyInside || inside
    }
    return (inputs, anyInside)
  }
}

/// 0 <= position < side.
@inline(__always)
private func isInside(_ position: Int, _ side: Int) -> Bool { UInt(bitPattern: position) < UInt(bitPattern: side) }
