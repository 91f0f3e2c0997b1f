import ThimbleIntrinsics
import ThimbleKernelTypes

/// Some pixels of one output phase x some registers of output channels, whose sums stay in registers over all taps and inputs:
/// `sums` of them, pixels x registers. Weights are int8, or int4 where `encoding` is 1: a parameter of the type, so that neither
/// loop has to carry the other.
struct ConvolutionTile<let pixels: Int, let registers: Int, let sums: Int, let encoding: Int> {
  private typealias Sums = InlineArray<sums, thimble_sums>
  private typealias Pointers = InlineArray<pixels, UnsafePointer<UInt8>>

  /// Registers that hold a block of 16 channels.
  private static var registersABlock: Int { 16 / thimble_sums.scalarCount }
  /// Blocks of 16 channels that the tile computes.
  static var blocks: Int { registers / registersABlock }

  /// Computes, requantises and stores a line of pixels. Where it has fewer than the tile, its last one is computed several
  /// times, into the same place.
  /// - Parameter room: for int4 weights, 256 bytes a block.
  @inline(__always)
  static func run(
    _ layer: IntegerConvolution, _ unit: ConvolutionUnit, _ block: Int, _ line: TileLine,
    _ room: UnsafeMutablePointer<Int8>
  ) {
    let inputStride = (layer.inputChannels + 15) / 16 * 16
    let tapBytes = inputStride / 16 * (encoding == 1 ? 136 : 256)
    let blockBytes = unit.tapsY * unit.tapsX * tapBytes
    let weights = layer.weights + (unit.weightOffset + block * blockBytes)
    var offsets = InlineArray<pixels, Int>(repeating: 0)
    for p in 0..<pixels { offsets[p] = min(p, line.count - 1) * line.inputStep }
    var totals = Sums { _ in .zero }
    for tapY in line.firstTapY..<max(line.firstTapY, line.endTapY) {
      for tapX in 0..<unit.tapsX {
        let (first, end) = line.inside(layer, tapX)
        if first >= end { continue }
        let here = line.input - (tapY * layer.inputWidth + tapX) * inputStride
        let tap = weights + (tapY * unit.tapsX + tapX) * tapBytes
        var inputs = Pointers(repeating: here)
        for p in 0..<pixels { inputs[p] = here + offsets[p] }
        if first == 0 && end == line.count {
          addTap(&totals, inputs, tap, blockBytes, inputStride, room, from: 0, to: pixels)
        } else if first == 1 && end == line.count {
          addTap(&totals, inputs, tap, blockBytes, inputStride, room, from: 1, to: pixels)
        } else if first == 0 && end == pixels - 1 {
          addTap(&totals, inputs, tap, blockBytes, inputStride, room, from: 0, to: pixels - 1)
        } else {
          for p in 0..<pixels where p < first || min(p, line.count - 1) >= end { inputs[p] = layer.zeros }
          addTap(&totals, inputs, tap, blockBytes, inputStride, room, from: 0, to: pixels)
        }
      }
    }
    for register in 0..<registers {
      let channel = block * 16 + register * thimble_sums.scalarCount
      let epilogue = ActivationEpilogue(layer.biases + channel, layer.multipliers + channel, layer.shift)
      if epilogue.isFast {
        for p in 0..<pixels {
          let output = line.output + (min(p, line.count - 1) * line.outputStep + channel)
          epilogue.store(totals[p * registers + register], to: output)
        }
      } else {
        for p in 0..<line.count {
          epilogue.storeSlowly(totals[p * registers + register], to: line.output + (p * line.outputStep + channel))
        }
      }
    }
  }

  /// One tap for the pixels first ..< end, which are constants wherever this is called: else the sums would live in memory.
  @inline(__always)
  private static func addTap(
    _ totals: inout Sums, _ inputs: Pointers, _ weights: UnsafePointer<Int8>, _ blockBytes: Int, _ inputCount: Int,
    _ room: UnsafeMutablePointer<Int8>, from first: Int, to end: Int
  ) {
    if encoding == 1 {
      let packed = UnsafeRawPointer(weights).assumingMemoryBound(to: UInt8.self)
      for sixteen in 0..<inputCount / 16 {
        for block in 0..<blocks {
          unpackGroup(packed + (block * blockBytes + sixteen * 136), steps: 4, to: room + block * 256)
        }
        for step in 0..<4 {
          addStep(&totals, inputs, room + step * 64, 256, sixteen * 16 + step * 4, from: first, to: end)
        }
      }
    } else {
      for group in 0..<inputCount / 4 {
        addStep(&totals, inputs, weights + group * 64, blockBytes, group * 4, from: first, to: end)
      }
    }
  }

  /// Four inputs, from `input` on.
  @inline(__always)
  private static func addStep(
    _ totals: inout Sums, _ inputs: Pointers, _ step: UnsafePointer<Int8>, _ blockBytes: Int, _ input: Int,
    from first: Int, to end: Int
  ) {
    for register in 0..<registers {
      let (block, part) = (register / registersABlock, register % registersABlock)
      let some = thimble_load_weights(step + (block * blockBytes + part * 4 * thimble_sums.scalarCount))
      for p in first..<end {
        let four = thimble_load_inputs(inputs[p] + input)
        totals[p * registers + register] = thimble_add_products(totals[p * registers + register], four, some)
      }
    }
  }
}
