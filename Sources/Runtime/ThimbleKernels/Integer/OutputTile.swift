// Only where registers are so wide that one lane an output channel would leave most of them empty (Convolution.swift).
#if THIMBLE_WIDE_REGISTERS && !THIMBLE_COMPACT
  import ThimbleIntrinsics
  import ThimbleKernelInterface

  /// The weights of one phase as [channel][tap][inputs, up to whole registers], zeros where there is no input.
  struct LaneWeights {
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

  /// Some pixels x channels of the last layer: a register of sums each, `values` of them, whose lanes lie along the inputs.
  struct OutputTile<let pixels: Int, let channels: Int, let values: Int> {
    private typealias Sums = InlineArray<values, thimble_sums>
    private typealias Offsets = InlineArray<pixels, Int>
    /// Registers that the totals fill, a lane each: [channel][pixel].
    private static var registers: Int { (values + thimble_sums.scalarCount - 1) / thimble_sums.scalarCount }

    /// All pixels of a unit, for `channels` channels from `first` on.
    static func runAll(
      _ layer: IntegerConvolution, _ unit: ConvolutionUnit, _ shape: LaneWeights, _ first: Int,
      _ weights: UnsafePointer<thimble_lane_weight>
    ) {
      let epilogue = OutputEpilogue<pixels, values>(layer, first)
      forEachLine(layer, unit, pixels: pixels) { line in
        // Where the line is shorter than the tile, its last pixel is computed again, and not stored.
        let offsets = Offsets { min($0, line.count - 1) * line.inputStep }
        var totals = Sums { _ in .zero }
        addTaps(&totals, layer, unit, shape, weights, line, offsets)
        let joined = joined(totals)
        var entries = InlineArray<4, thimble_words> { _ in .zero }
        for register in 0..<registers { entries[register] = epilogue.entries(joined[register], register) }
        withUnsafeBytes(of: &entries) { bytes in
          let indices = bytes.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: UInt32.self)
          for channel in 0..<channels {
            var output = line.output + (first + channel)
            for pixel in 0..<line.count {
              output.pointee = epilogue.table[Int(indices[channel * pixels + pixel])]
              output += line.outputStep
            }
          }
        }
      }
    }

    @inline(__always)
    private static func addTaps(
      _ totals: inout Sums, _ layer: IntegerConvolution, _ unit: ConvolutionUnit, _ shape: LaneWeights,
      _ weights: UnsafePointer<thimble_lane_weight>, _ line: TileLine, _ offsets: Offsets
    ) {
      let inputStride = (layer.inputChannels + 15) / 16 * 16
      for tapY in line.firstTapY..<max(line.firstTapY, line.endTapY) {
        for tapX in 0..<unit.tapsX {
          let (first, end) = line.inside(layer, tapX)
          if first >= end { continue }
          let here = line.input - (tapY * layer.inputWidth + tapX) * inputStride
          let tap = weights + (tapY * unit.tapsX + tapX) * shape.tapStride
          if first == 0 && end == line.count {
            addTap(&totals, here, offsets, tap, shape.channelStride, inputStride, from: 0, to: pixels)
          } else if first == 1 && end == line.count {
            addTap(&totals, here, offsets, tap, shape.channelStride, inputStride, from: 1, to: pixels)
          } else if first == 0 && end == pixels - 1 {
            addTap(&totals, here, offsets, tap, shape.channelStride, inputStride, from: 0, to: pixels - 1)
          } else {
            var inside = offsets
            for p in 0..<pixels where p < first || p >= end { inside[p] = layer.zeros - here }
            addTap(&totals, here, inside, tap, shape.channelStride, inputStride, from: 0, to: pixels)
          }
        }
      }
    }

    /// One tap for the pixels first ..< end, which are constants wherever this is called: else the sums would live in memory.
    @inline(__always)
    private static func addTap(
      _ totals: inout Sums, _ inputs: UnsafePointer<UInt8>, _ offsets: Offsets,
      _ weights: UnsafePointer<thimble_lane_weight>, _ channelStride: Int, _ inputCount: Int, from first: Int,
      to end: Int
    ) {
      let lanes = thimble_lane_inputs()
      var at = 0
      while at + lanes <= inputCount {
        for p in first..<end {
          let some = thimble_load_lanes(inputs + (offsets[p] + at))
          for c in 0..<channels {
            totals[c * pixels + p] = thimble_add_lanes(totals[c * pixels + p], some, weights + (c * channelStride + at))
          }
        }
        at += lanes
      }
      if at < inputCount {
        for p in first..<end {
          let some = thimble_load_some_lanes(inputs + (offsets[p] + at), inputCount - at)
          for c in 0..<channels {
            totals[c * pixels + p] = thimble_add_lanes(totals[c * pixels + p], some, weights + (c * channelStride + at))
          }
        }
      }
    }

    /// The sums over the lanes of each register, a lane each.
    @inline(__always)
    private static func joined(_ totals: Sums) -> Sums {
      var joined = totals
      for i in 0..<values / 2 { joined[i] = thimble_join_words(totals[2 * i], totals[2 * i + 1]) }
      var left = values / 2
      for i in 0..<left / 2 { joined[i] = thimble_join_longs(joined[2 * i], joined[2 * i + 1]) }
      left /= 2
      var lanes = 4
      while lanes < thimble_sums.scalarCount {
        // The last of an odd number is joined with itself, which leaves lanes that nobody reads.
        for i in 0..<(left + 1) / 2 {
          joined[i] = thimble_join_quarters(joined[2 * i], joined[min(2 * i + 1, left - 1)])
        }
        left = (left + 1) / 2
        lanes *= 2
      }
      return joined
    }
  }

  /// What turns joined sums into entries of the output table: the numbers of each lane's channel.
  private struct OutputEpilogue<let pixels: Int, let values: Int> {
    let table: UnsafePointer<UInt8>
    private var biases = InlineArray<4, thimble_sums>(repeating: .zero)
    private var multipliers = InlineArray<4, thimble_words>(repeating: .zero)
    private let shift: UInt64

    init(_ layer: IntegerConvolution, _ first: Int) {
      table = layer.table.unsafelyUnwrapped
      shift = layer.shift
      let lanes = thimble_sums.scalarCount
      for value in 0..<values {
        biases[value / lanes][value % lanes] = layer.biases[first + value / pixels]
        multipliers[value / lanes][value % lanes] = layer.multipliers[first + value / pixels]
      }
    }

    /// Indices, below 4,096.
    @inline(__always)
    func entries(_ sums: thimble_sums, _ register: Int) -> thimble_words {
      let totals = thimble_add(sums, biases[register])
      let words =
        shift >= 32
        ? thimble_requantize(totals, multipliers[register], shift)
        : requantizeSlowly(totals, multipliers[register], shift)
      return thimble_at_most(words, 4095)
    }
  }
#endif
