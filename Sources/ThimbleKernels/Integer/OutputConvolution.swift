import ThimbleIntrinsics
import ThimbleKernelTypes

/// One unit of the last layer, of 1 to 4 channels, through the output table to the caller's pixels.
///
/// Lanes lie along the inputs: 16 outputs at once would be mostly empty ones. The weights of the phase are rearranged for that,
/// once for the unit, on the stack.
public func outputConvolution(_ layer: IntegerConvolution, unit number: Int) {
  let unit = layer.unit(number)
  if LaneWeights.byteCount(layer, unit) > LaneWeights.mostBytes {
    outputConvolutionByBlocks(layer, unit)
    return
  }
  var room = InlineArray<128, SIMD64<Int8>>(repeating: .zero)
  withUnsafeMutableBytes(of: &room) { bytes in
    let weights = bytes.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: Int8.self)
    LaneWeights.rearrange(layer, unit, to: weights)
    switch (thimble_lane_pixels(), layer.outputChannels) {
    case (8, 1): OutputTile<8, 1>.runAll(layer, unit, weights)
    case (8, 4): OutputTile<8, 4>.runAll(layer, unit, weights)
    case (8, _): OutputTile<8, 3>.runAll(layer, unit, weights)
    case (_, 1): OutputTile<4, 1>.runAll(layer, unit, weights)
    case (_, 4): OutputTile<4, 4>.runAll(layer, unit, weights)
    default: OutputTile<4, 3>.runAll(layer, unit, weights)
    }
  }
}

/// The weights of one phase as [tap][part of the inputs][4 channels][lanes], zeros where there is no input.
private enum LaneWeights {
  static let mostBytes = 8192

  @inline(__always)
  static func byteCount(_ layer: IntegerConvolution, _ unit: ConvolutionUnit) -> Int {
    unit.tapsY * unit.tapsX * laneParts(layer) * 4 * thimble_lane_inputs()
  }

  /// Moves four inputs of a channel at a time. `lanes` holds zeros.
  static func rearrange(_ layer: IntegerConvolution, _ unit: ConvolutionUnit, to lanes: UnsafeMutablePointer<Int8>) {
    let width = thimble_lane_inputs()
    let groups = (layer.inputChannels + 15) / 16 * 4
    let weights = UnsafeRawPointer(layer.weights + unit.weightOffset)
    for tap in 0..<unit.tapsY * unit.tapsX {
      for group in 0..<groups {
        let part = tap * laneParts(layer) + group * 4 / width
        for channel in 0..<4 {
          let four = weights.loadUnaligned(fromByteOffset: ((tap * groups + group) * 16 + channel) * 4, as: UInt32.self)
          let place = (part * 4 + channel) * width + group * 4 % width
          UnsafeMutableRawPointer(lanes + place).storeBytes(of: four, as: UInt32.self)
        }
      }
    }
  }
}

/// Steps of one tap.
@inline(__always)
private func laneParts(_ layer: IntegerConvolution) -> Int {
  ((layer.inputChannels + 15) / 16 * 16 + thimble_lane_inputs() - 1) / thimble_lane_inputs()
}

/// Some pixels x all channels, whose sums stay in registers, one register each.
private struct OutputTile<let pixels: Int, let channels: Int> {
  static func runAll(_ layer: IntegerConvolution, _ unit: ConvolutionUnit, _ weights: UnsafePointer<Int8>) {
    let epilogue = PixelEpilogue(layer)
    var cursor = PixelCursor(layer, unit)
    var left = unit.endPixel - unit.firstPixel
    while left > 0 {
      let tile = TilePixels<pixels>(layer, unit, &cursor, left: left)
      let totals = sums(layer, unit, weights, tile)
      for p in stride(from: 0, to: pixels, by: 4) {
        let four = SIMD16(
          lowHalf: SIMD8(lowHalf: totals[p], highHalf: totals[p + 1]),
          highHalf: SIMD8(lowHalf: totals[p + 2], highHalf: totals[p + 3]))
        let entries = epilogue.entries(unsafeBitCast(four, to: SIMD16<Int32>.self))
        for i in 0..<4 { epilogue.store(entries, 4 * i, to: tile.outputs[p + i], layer.outputChannels) }
      }
      left -= pixels
    }
  }

  @inline(__always)
  private static func sums(
    _ layer: IntegerConvolution, _ unit: ConvolutionUnit, _ weights: UnsafePointer<Int8>, _ tile: TilePixels<pixels>
  ) -> InlineArray<pixels, SIMD4<UInt32>> {
    var first = InlineArray<pixels, thimble_lane_sums>(repeating: .zero)
    var second = InlineArray<pixels, thimble_lane_sums>(repeating: .zero)
    var third = InlineArray<pixels, thimble_lane_sums>(repeating: .zero)
    var fourth = InlineArray<pixels, thimble_lane_sums>(repeating: .zero)
    let inputStride = (layer.inputChannels + 15) / 16 * 16
    let width = thimble_lane_inputs()
    var step = weights
    for tapY in 0..<unit.tapsY {
      for tapX in 0..<unit.tapsX {
        let (inputs, anyInside) = tile.inputs(layer, tapY, tapX, inputStride)
        for at in stride(from: 0, to: inputStride, by: width) {
          if anyInside {
            let count = min(width, inputStride - at)
            for p in 0..<pixels {
              first[p] = thimble_add_lanes(first[p], inputs[p] + at, step, count)
              if channels > 1 {
                second[p] = thimble_add_lanes(second[p], inputs[p] + at, step + width, count)
                third[p] = thimble_add_lanes(third[p], inputs[p] + at, step + 2 * width, count)
              }
              if channels > 3 { fourth[p] = thimble_add_lanes(fourth[p], inputs[p] + at, step + 3 * width, count) }
            }
          }
          step += 4 * width
        }
      }
    }
    var totals = InlineArray<pixels, SIMD4<UInt32>>(repeating: .zero)
    for p in 0..<pixels { totals[p] = thimble_lane_totals(first[p], second[p], third[p], fourth[p]) }
    return totals
  }
}

/// What turns the sums of four pixels x 4 channels into pixels.
private struct PixelEpilogue {
  private let biases: SIMD16<Int32>
  private let multipliers: SIMD16<UInt32>
  private let shift: UInt64
  private let table: UnsafePointer<UInt8>

  @inline(__always)
  init(_ layer: IntegerConvolution) {
    let four = UnsafeRawPointer(layer.biases).loadUnaligned(as: SIMD4<Int32>.self)
    let eight = SIMD8(lowHalf: four, highHalf: four)
    biases = SIMD16(lowHalf: eight, highHalf: eight)
    let fourFactors = UnsafeRawPointer(layer.multipliers).loadUnaligned(as: SIMD4<UInt32>.self)
    let eightFactors = SIMD8(lowHalf: fourFactors, highHalf: fourFactors)
    multipliers = SIMD16(lowHalf: eightFactors, highHalf: eightFactors)
    shift = layer.shift
    table = layer.table.unsafelyUnwrapped
  }

  /// Indices into the output table.
  @inline(__always)
  func entries(_ totals: SIMD16<Int32>) -> SIMD16<UInt32> {
    requantize(totals &+ biases, multipliers: multipliers, shift: shift, limit: 4095)
  }

  @inline(__always)
  func store(_ entries: SIMD16<UInt32>, _ first: Int, to output: UnsafeMutablePointer<UInt8>, _ channels: Int) {
    for channel in 0..<channels { output[channel] = table[Int(entries[first + channel])] }
  }
}

/// The same by blocks of 16 channels, pixel by pixel: for kernels so large that their weights do not fit into the room.
private func outputConvolutionByBlocks(_ layer: IntegerConvolution, _ unit: ConvolutionUnit) {
  var cursor = PixelCursor(layer, unit)
  let inputStride = (layer.inputChannels + 15) / 16 * 16
  let epilogue = PixelEpilogue(layer)
  for _ in unit.firstPixel..<unit.endPixel {
    let tile = TilePixels<1>(layer, unit, &cursor, left: 2)
    var sums = thimble_sums.zero
    var weights = layer.weights + unit.weightOffset
    for tapY in 0..<unit.tapsY {
      for tapX in 0..<unit.tapsX {
        let (inputs, anyInside) = tile.inputs(layer, tapY, tapX, inputStride)
        for group in 0..<(anyInside ? inputStride / 4 : 0) {
          sums = thimble_add_products(sums, thimble_broadcast(inputs[0] + group * 4), weights + group * 64)
        }
        weights += inputStride * 16
      }
    }
    epilogue.store(epilogue.entries(thimble_totals(sums)), 0, to: tile.outputs[0], layer.outputChannels)
  }
}
