import ThimbleIntrinsics
import ThimbleKernelTypes

/// Some pixels of one output phase x one or two blocks of 16 channels, whose sums stay in registers over all taps and inputs.
struct ConvolutionTile<let pixels: Int, let blocks: Int> {
  /// Of each pixel: the last input row and column that meet it, those of tap 0.
  private var rows = InlineArray<pixels, Int>(repeating: 0)
  private var columns = InlineArray<pixels, Int>(repeating: 0)
  /// The input there, which may lie outside of the map.
  private var starts: InlineArray<pixels, UnsafePointer<UInt8>>
  private var outputs: InlineArray<pixels, UnsafeMutablePointer<UInt8>>
  /// Whether all taps of all pixels lie inside of the map.
  private var interior = true

  /// Takes the next pixels. Where fewer are left than the tile is wide, the last one is computed several times, into the
  /// same place.
  @inline(__always)
  init(
    _ layer: IntegerConvolution, _ unit: ConvolutionUnit, _ block: Int, _ cursor: inout PixelCursor, left: Int
  ) {
    starts = InlineArray(repeating: layer.zeros)
    outputs = InlineArray(repeating: layer.output)
    for p in 0..<pixels {
      (rows[p], columns[p], starts[p]) = (cursor.row, cursor.column, cursor.input)
      outputs[p] = cursor.output + block * 16
      interior = interior && cursor.row < layer.inputHeight && cursor.row >= unit.tapsY - 1
      interior = interior && cursor.column < layer.inputWidth && cursor.column >= unit.tapsX - 1
      if p + 1 < left { cursor.advance() }
    }
  }

  /// Computes, requantises and stores the tile.
  @inline(__always)
  mutating func run(_ layer: IntegerConvolution, _ unit: ConvolutionUnit, _ block: Int) {
    let inputStride = (layer.inputChannels + 15) / 16 * 16
    let tapBytes = inputStride * 16
    let blockBytes = unit.tapsY * unit.tapsX * tapBytes
    var weights = layer.weights + (unit.weightOffset + block * blockBytes)
    var sums = InlineArray<pixels, thimble_sums>(repeating: .zero)
    var secondSums = InlineArray<pixels, thimble_sums>(repeating: .zero)
    for tapY in 0..<unit.tapsY {
      for tapX in 0..<unit.tapsX {
        let (inputs, anyInside) = place(layer, tapY, tapX, inputStride)
        if anyInside {
          for group in 0..<inputStride / 4 {
            let step = weights + group * 64
            for p in 0..<pixels {
              let four = thimble_broadcast(inputs[p] + group * 4)
              sums[p] = thimble_add_products(sums[p], four, step)
              if blocks == 2 { secondSums[p] = thimble_add_products(secondSums[p], four, step + blockBytes) }
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
    for p in 0..<pixels { epilogue.store(totals[p], to: outputs[p]) }
    if blocks == 2 {
      let second = ActivationEpilogue(layer, block + 1)
      for p in 0..<pixels { second.store(secondTotals[p], to: outputs[p] + 16) }
    }
  }

  /// The input position of each pixel at a tap, or zeros outside of the map; and whether any lies inside, since otherwise the
  /// tap adds nothing.
  @inline(__always)
  private func place(
    _ layer: IntegerConvolution, _ tapY: Int, _ tapX: Int, _ inputStride: Int
  ) -> (InlineArray<pixels, UnsafePointer<UInt8>>, Bool) {
    let back = (tapY * layer.inputWidth + tapX) * inputStride
    var inputs = starts
    var anyInside = interior
    for p in 0..<pixels {
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
func isInside(_ position: Int, _ side: Int) -> Bool { UInt(bitPattern: position) < UInt(bitPattern: side) }
