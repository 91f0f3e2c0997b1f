import ThimbleIntrinsics
import ThimbleKernelTypes

// Tiles with as many sums as leave registers for inputs and weights.
#if THIMBLE_AVX512
  private typealias OneChannel = OutputTile<16, 1, 16>
  private typealias TwoChannels = OutputTile<8, 2, 16>
  private typealias ThreeChannels = OutputTile<8, 3, 24>
  private typealias FourChannels = OutputTile<4, 4, 16>
#else
  private typealias OneChannel = OutputTile<8, 1, 8>
  private typealias TwoChannels = OutputTile<4, 2, 8>
  private typealias ThreeChannels = OutputTile<4, 3, 12>
  private typealias FourChannels = OutputTile<2, 4, 8>
#endif

/// One unit of the last layer, of 1 to 4 channels, through the output table to the caller's pixels.
///
/// Lanes lie along the inputs: 16 outputs at once would be mostly empty ones. The weights of the phase are rearranged for that,
/// once for the unit, on the stack.
public func outputConvolution(_ layer: IntegerConvolution, unit number: Int) {
  let unit = layer.unit(number)
  switch LaneWeights(layer, unit).channelStride {
  case ...256:
    var room = InlineArray<1024, thimble_lane_weight>(repeating: 0)
    runTiles(layer, unit, &room)
  case ...4096:
    var room = InlineArray<4096, thimble_lane_weight>(repeating: 0)
    runTiles(layer, unit, &room)
  default: outputConvolutionByPixels(layer, unit)
  }
}

private func runTiles<let count: Int>(
  _ layer: IntegerConvolution, _ unit: ConvolutionUnit, _ room: inout InlineArray<count, thimble_lane_weight>
) {
  withUnsafeMutableBytes(of: &room) { bytes in
    let weights = bytes.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: thimble_lane_weight.self)
    let shape = LaneWeights(layer, unit)
    // As many channels at once as there is room for.
    var first = 0
    while first < layer.outputChannels {
      let channels = min(layer.outputChannels - first, count / max(1, shape.channelStride))
      shape.rearrange(layer, unit, first..<first + channels, to: weights)
      switch channels {
      case 1: OneChannel.runAll(layer, unit, shape, first, weights)
      case 2: TwoChannels.runAll(layer, unit, shape, first, weights)
      case 3: ThreeChannels.runAll(layer, unit, shape, first, weights)
      default: FourChannels.runAll(layer, unit, shape, first, weights)
      }
      first += channels
    }
  }
}

/// The same pixel by pixel: for kernels so large that their weights do not fit into the room.
private func outputConvolutionByPixels(_ layer: IntegerConvolution, _ unit: ConvolutionUnit) {
  let inputStride = (layer.inputChannels + 15) / 16 * 16
  forEachLine(layer, unit, pixels: 1) { line in
    for channel in 0..<layer.outputChannels {
      var sum = layer.biases[channel]
      for tapY in line.firstTapY..<max(line.firstTapY, line.endTapY) {
        for tapX in 0..<unit.tapsX where line.inside(layer, tapX).end > line.inside(layer, tapX).first {
          let inputs = line.input - (tapY * layer.inputWidth + tapX) * inputStride
          let tap = layer.weights + (unit.weightOffset + (tapY * unit.tapsX + tapX) * inputStride * 16 + channel * 4)
          for input in 0..<inputStride {
            sum = sum &+ Int32(inputs[input]) &* Int32(tap[input / 4 * 64 + input % 4])
          }
        }
      }
      let entry = min(4095, requantize(sum, multiplier: layer.multipliers[channel], shift: layer.shift))
      line.output[channel] = layer.table.unsafelyUnwrapped[Int(entry)]
    }
  }
}
