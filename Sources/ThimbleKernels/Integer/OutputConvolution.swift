import ThimbleIntrinsics
import ThimbleKernelTypes

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

/// As many channels at once as there is room for.
private func runTiles<let count: Int>(
  _ layer: IntegerConvolution, _ unit: ConvolutionUnit, _ room: inout InlineArray<count, thimble_lane_weight>
) {
  withUnsafeMutableBytes(of: &room) { bytes in
    let weights = bytes.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: thimble_lane_weight.self)
    let shape = LaneWeights(layer, unit)
    var first = 0
    while first < layer.outputChannels {
      let channels = first..<min(layer.outputChannels, first + count / max(1, shape.channelStride))
      shape.rearrange(layer, unit, channels, to: weights)
      forEachLine(layer, unit, pixels: OutputTile.pixelCount) {
        OutputTile.run(layer, unit, shape, channels, weights, $0)
      }
      first = channels.upperBound
    }
  }
}

/// The weights of one phase as [channel][tap][inputs, up to whole registers], zeros where there is no input.
private struct LaneWeights {
  let tapStride: Int, channelStride: Int

  @inline(__always)
  init(_ layer: IntegerConvolution, _ unit: ConvolutionUnit) {
    let lanes = thimble_lane_inputs()
    let inputStride = (layer.inputChannels + 15) / 16 * 16
    tapStride = (inputStride + lanes - 1) / lanes * lanes
    channelStride = unit.tapsY * unit.tapsX * tapStride
  }

  /// `lanes` holds zeros where no input lies.
  @inline(__always)
  func rearrange(
    _ layer: IntegerConvolution, _ unit: ConvolutionUnit, _ channels: Range<Int>,
    to lanes: UnsafeMutablePointer<thimble_lane_weight>
  ) {
    let groups = (layer.inputChannels + 15) / 16 * 4
    for tap in 0..<unit.tapsY * unit.tapsX {
      for channel in channels {
        let to = lanes + ((channel - channels.lowerBound) * channelStride + tap * tapStride)
        var from = layer.weights + (unit.weightOffset + (tap * groups * 16 + channel) * 4)
        for group in 0..<groups {
          for input in 0..<4 { to[group * 4 + input] = thimble_lane_weight(from[input]) }
          from += 64
        }
      }
    }
  }
}

// As many pixels as a register has lanes.
#if THIMBLE_AVX512
  private typealias OutputTile = OneChannelTile<16>
#elseif THIMBLE_AVX2 || THIMBLE_AVXVNNI
  private typealias OutputTile = OneChannelTile<8>
#else
  private typealias OutputTile = OneChannelTile<4>
#endif

/// Some pixels, one channel: a register of sums each.
private struct OneChannelTile<let pixels: Int> {
  private typealias Sums = InlineArray<pixels, thimble_sums>
  private typealias Offsets = InlineArray<pixels, Int>

  static var pixelCount: Int { pixels }

  @inline(__always)
  static func run(
    _ layer: IntegerConvolution, _ unit: ConvolutionUnit, _ shape: LaneWeights, _ channels: Range<Int>,
    _ weights: UnsafePointer<thimble_lane_weight>, _ line: TileLine
  ) {
    // Where the line is shorter than the tile, its last pixel is computed several times.
    let offsets = Offsets { min($0, line.count - 1) * line.inputStep }
    for channel in channels {
      let own = weights + (channel - channels.lowerBound) * shape.channelStride
      let totals = totals(layer, unit, shape, own, line, offsets)
      let entries = PixelEpilogue(layer, channel).entries(joined(totals))
      let table = layer.table.unsafelyUnwrapped
      for p in 0..<line.count { line.output[p * line.outputStep + channel] = table[Int(entries[p])] }
    }
  }

  @inline(__always)
  private static func totals(
    _ layer: IntegerConvolution, _ unit: ConvolutionUnit, _ shape: LaneWeights,
    _ weights: UnsafePointer<thimble_lane_weight>, _ line: TileLine, _ offsets: Offsets
  ) -> Sums {
    let inputStride = (layer.inputChannels + 15) / 16 * 16
    var totals = Sums { _ in .zero }
    for tapY in line.firstTapY..<max(line.firstTapY, line.endTapY) {
      for tapX in 0..<unit.tapsX {
        let (first, end) = line.inside(layer, tapX)
        if first >= end { continue }
        let here = line.input - (tapY * layer.inputWidth + tapX) * inputStride
        let tap = weights + (tapY * unit.tapsX + tapX) * shape.tapStride
        if first == 0 && end == line.count {
          add(&totals, here, offsets, tap, inputStride, from: 0, to: pixels)
        } else if first == 1 && end == line.count {
          add(&totals, here, offsets, tap, inputStride, from: 1, to: pixels)
        } else if first == 0 && end == pixels - 1 {
          add(&totals, here, offsets, tap, inputStride, from: 0, to: pixels - 1)
        } else {
          var inside = offsets
          for p in 0..<pixels where p < first || min(p, line.count - 1) >= end { inside[p] = layer.zeros - here }
          add(&totals, here, inside, tap, inputStride, from: 0, to: pixels)
        }
      }
    }
    return totals
  }

  /// One tap for the pixels first ..< end, which are constants wherever this is called: else the sums would live in memory.
  @inline(__always)
  private static func add(
    _ totals: inout Sums, _ inputs: UnsafePointer<UInt8>, _ offsets: Offsets,
    _ weights: UnsafePointer<thimble_lane_weight>, _ inputCount: Int, from first: Int, to end: Int
  ) {
    let lanes = thimble_lane_inputs()
    var at = 0
    while at + lanes <= inputCount {
      for p in first..<end { totals[p] = thimble_add_lanes(totals[p], inputs + (offsets[p] + at), weights + at) }
      at += lanes
    }
    if at < inputCount {
      for p in first..<end {
        totals[p] = thimble_add_some_lanes(totals[p], inputs + (offsets[p] + at), weights + at, inputCount - at)
      }
    }
  }

  /// The totals of all pixels, a lane each.
  @inline(__always)
  private static func joined(_ totals: Sums) -> thimble_sums {
    var halves = totals
    for i in 0..<pixels / 2 { halves[i] = thimble_join_words(totals[2 * i], totals[2 * i + 1]) }
    var quarters = halves
    for i in 0..<pixels / 4 { quarters[i] = thimble_join_longs(halves[2 * i], halves[2 * i + 1]) }
    var rest = quarters
    for i in 0..<pixels / 8 { rest[i] = thimble_join_quarters(quarters[2 * i], quarters[2 * i + 1]) }
    return pixels == 16 ? thimble_join_quarters(rest[0], rest[1]) : rest[0]
  }
}

/// What turns the sums of pixels, one a lane, into entries of the output table.
private struct PixelEpilogue {
  private let bias: thimble_sums
  private let multiplier: thimble_words
  private let shift: UInt64

  @inline(__always)
  init(_ layer: IntegerConvolution, _ channel: Int) {
    bias = thimble_sums(repeating: layer.biases[channel])
    multiplier = thimble_words(repeating: layer.multipliers[channel])
    shift = layer.shift
  }

  /// Indices, below 4,096.
  @inline(__always)
  func entries(_ sums: thimble_sums) -> thimble_words {
    let totals = thimble_add(sums, bias)
    let words =
      shift >= 32 ? thimble_requantize(totals, multiplier, shift) : requantizeSlowly(totals, multiplier, shift)
    return thimble_at_most(words, 4095)
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
