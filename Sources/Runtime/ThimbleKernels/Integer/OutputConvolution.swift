import ThimbleIntrinsics
import ThimbleKernelInterface

#if THIMBLE_WIDE_REGISTERS && !THIMBLE_COMPACT
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
    // So large a kernel has products enough for tiles of one lane a channel.
    default: fractionallyStridedConvolution(layer, unit: number)
    }
  }

  private func runTiles<let count: Int>(
    _ layer: IntegerConvolution, _ unit: ConvolutionUnit, _ room: inout InlineArray<count, thimble_lane_weight>
  ) {
    withUnsafeMutableBytes(of: &room) { bytes in
      let weights = bytes.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: thimble_lane_weight.self)
      let shape = LaneWeights(layer, unit)
      // Three channels at once, colour's, if there is room for them.
      var first = 0
      while first < layer.outputChannels {
        let channels = layer.outputChannels - first >= 3 && count >= 3 * shape.channelStride ? 3 : 1
        shape.rearrange(layer, unit, first..<first + channels, to: weights)
        if channels == 3 {
          ThreeChannels.runAll(layer, unit, shape, first, weights)
        } else {
          OneChannel.runAll(layer, unit, shape, first, weights)
        }
        first += channels
      }
    }
  }
#else
  /// One unit of the last layer, of 1 to 4 channels, through the output table to the caller's pixels.
  public func outputConvolution(_ layer: IntegerConvolution, unit number: Int) {
    fractionallyStridedConvolution(layer, unit: number)
  }
#endif
