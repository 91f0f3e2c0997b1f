import ThimbleIntrinsics
import ThimbleKernelInterface

/// Some pixels of one output phase x some registers of output channels, whose sums stay in registers over all taps and inputs:
/// `sums` of them, pixels x registers.
struct ConvolutionTile<let pixels: Int, let registers: Int, let sums: Int> {
  private typealias Sums = InlineArray<sums, thimble_totals>
  private typealias Pointers = InlineArray<pixels, UnsafePointer<UInt8>>

  /// Registers that hold a block of 16 channels.
  private static var registersABlock: Int { 16 / thimble_sums.scalarCount }
  /// Blocks of 16 channels that the tile computes.
  static var blocks: Int { max(1, registers / registersABlock) }

  /// Computes, requantises and stores a line of pixels. Where it has fewer than the tile, what is computed beyond them is not
  /// stored.
  /// - Parameters:
  ///   - scratch: what `ConvolutionScratch` says.
  ///   - skipsEdges: whether the first and the last pixel of a line are left out where they do not meet the map, for more code; else
  ///     they are multiplied by zeros.
  @inline(__always)
  static func run(
    _ layer: IntegerConvolution, _ unit: ConvolutionUnit, _ block: Int, _ line: TileLine,
    _ scratch: ConvolutionScratch, skipsEdges: Bool = false
  ) {
    let inputStride = (layer.inputChannels + 15) / 16 * 16
    let tapBytes = layer.bytesATapAndBlock
    let blockBytes = unit.tapsY * unit.tapsX * tapBytes
    let weights = layer.weights + (unit.weightOffset + block * blockBytes)
    var offsets = InlineArray<pixels, Int>(repeating: 0)
    for p in 0..<pixels { offsets[p] = min(p, line.count - 1) * line.inputStep }
    var totals = Sums { _ in .zero }
    #if THIMBLE_SIGNED_INPUTS
      let missing = addUpMissingTaps(layer, unit, line, scratch.zeroTaps)
      for i in 0..<sums { totals[i] = missing[i % registers] }
    #endif
    for tapY in line.firstTapY..<max(line.firstTapY, line.endTapY) {
      for tapX in 0..<unit.tapsX {
        let (first, end) = line.inside(layer, tapX)
        if first >= end { continue }
        let here = line.input - (tapY * layer.inputWidth + tapX) * inputStride
        let tap = weights + (tapY * unit.tapsX + tapX) * tapBytes
        var inputs = Pointers(repeating: here)
        for p in 0..<pixels { inputs[p] = here + offsets[p] }
        #if !THIMBLE_SIGNED_INPUTS && !THIMBLE_COMPACT
          if skipsEdges && first == 1 && end == line.count {
            addTap(&totals, layer, inputs, tap, blockBytes, scratch, from: 1, to: pixels)
            continue
          }
          if skipsEdges && first == 0 && end == pixels - 1 && line.count == pixels {
            addTap(&totals, layer, inputs, tap, blockBytes, scratch, from: 0, to: pixels - 1)
            continue
          }
        #endif
        if first != 0 || end != line.count { inputs = inside(layer, line, inputs, first, end) }
        addTap(&totals, layer, inputs, tap, blockBytes, scratch, from: 0, to: pixels)
      }
    }
    // A copy: sums whose address is taken would not stay in registers.
    var stored = InlineArray<sums, thimble_sums> { thimble_total(totals[$0]) }
    withUnsafeMutableBytes(of: &stored) { bytes in
      let sums = bytes.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: thimble_sums.self)
      storeLine(layer, block * 16, registers, line, sums, scratch.zeroTaps)
    }
  }

  /// The inputs of a tap, zeros for the pixels that do not meet the map there. Not inlined: edges are rare, and code is dear.
  @inline(never)
  private static func inside(
    _ layer: IntegerConvolution, _ line: TileLine, _ inputs: Pointers, _ first: Int, _ end: Int
  ) -> Pointers {
    var inside = inputs
    for p in 0..<pixels where p < first || p >= end { inside[p] = layer.zeros }
    return inside
  }

  /// One tap for the pixels first ..< end, which are constants wherever this is called: else the sums would live in memory.
  @inline(__always)
  private static func addTap(
    _ totals: inout Sums, _ layer: IntegerConvolution, _ inputs: Pointers, _ weights: UnsafePointer<Int8>,
    _ blockBytes: Int, _ scratch: ConvolutionScratch, from first: Int, to end: Int
  ) {
    let stepInputs = thimble_step_inputs()
    let inputCount = (layer.inputChannels + 15) / 16 * 16
    // int4 weights are unpacked for sixteen inputs at a time.
    let part = _fastPath(!layer.hasInt4Weights) ? inputCount : 16
    var firstInput = 0
    while firstInput < inputCount {
      var (steps, stepBlockBytes) = (weights, blockBytes)
      if _slowPath(layer.hasInt4Weights) {
        unpackGroups(weights + firstInput / 16 * 136, blockBytes, blocks, to: scratch.weights)
        (steps, stepBlockBytes) = (UnsafePointer(scratch.weights), 256)
      }
      for step in 0..<part / stepInputs {
        let input = step * stepInputs
        addStep(&totals, inputs, steps + input * 16, stepBlockBytes, firstInput + input, from: first, to: end)
      }
      firstInput += part
    }
  }

  /// The inputs of a step, from `input` on.
  @inline(__always)
  private static func addStep(
    _ totals: inout Sums, _ inputs: Pointers, _ step: UnsafePointer<Int8>, _ blockBytes: Int, _ input: Int,
    from first: Int, to end: Int
  ) {
    let few = InlineArray<pixels, thimble_inputs> { thimble_load_inputs(inputs[$0] + input) }
    for register in 0..<registers {
      let (block, part) = (register / registersABlock, register % registersABlock)
      let some = thimble_load_weights(step + (block * blockBytes + part * 4 * thimble_sums.scalarCount))
      for p in first..<end {
        totals[p * registers + register] = thimble_add_products(totals[p * registers + register], few[p], some)
      }
    }
  }
}

#if THIMBLE_SIGNED_INPUTS
  // Signed dot products take inputs as a - 128. A sum is then right if each tap adds what the inputs give minus what zeros give:
  // all taps' zeros are taken off with the bias, and a tap that lies outside of the map for the whole line, and is left out,
  // adds its zeros.
  extension ConvolutionTile {
    /// What zeros as inputs add: of all taps [registers], then [tap][registers].
    @inline(never)
    static func addUpZeroTaps(
      _ layer: IntegerConvolution, _ unit: ConvolutionUnit, _ block: Int, _ scratch: ConvolutionScratch
    ) {
      let taps = unit.tapsY * unit.tapsX
      let weights = layer.weights + (unit.weightOffset + block * taps * layer.bytesATapAndBlock)
      let inputs = Pointers(repeating: layer.zeros)
      let all = scratch.zeroTaps
      for register in 0..<registers { all[register] = .zero }
      for tap in 0..<taps {
        var totals = Sums { _ in .zero }
        let tapWeights = weights + tap * layer.bytesATapAndBlock
        addTap(&totals, layer, inputs, tapWeights, 0, scratch, from: 0, to: 1)
        for register in 0..<registers {
          let sums = thimble_total(totals[register])
          all[(tap + 1) * registers + register] = sums
          all[register] = thimble_add(all[register], sums)
        }
      }
    }

    /// The zeros of those taps that a line leaves out.
    @inline(__always)
    private static func addUpMissingTaps(
      _ layer: IntegerConvolution, _ unit: ConvolutionUnit, _ line: TileLine,
      _ zeroTaps: UnsafeMutablePointer<thimble_sums>
    ) -> InlineArray<registers, thimble_totals> {
      var missing = InlineArray<registers, thimble_sums> { _ in .zero }
      for tapY in 0..<unit.tapsY {
        for tapX in 0..<unit.tapsX {
          let (first, end) = line.inside(layer, tapX)
          if tapY >= line.firstTapY && tapY < line.endTapY && first < end { continue }
          let tap = zeroTaps + (tapY * unit.tapsX + tapX + 1) * registers
          for register in 0..<registers { missing[register] = thimble_add(missing[register], tap[register]) }
        }
      }
      return InlineArray { thimble_totals_of(missing[$0]) }
    }
  }
#endif
