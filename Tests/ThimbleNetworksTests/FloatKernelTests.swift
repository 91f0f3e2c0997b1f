import Testing
import Thimble
import ThimbleKernelInterface
import ThimbleKernels
import ThimbleNetworks
import ThimbleThreads

/// The f32 kernels of every set against their plain references, bit by bit, over random shapes: odd widths, partial blocks,
/// places off the map. Would catch a wrong tail, a wrong order of sums, a write outside of the output.
@Suite struct FloatKernelTests {
  /// Numbers from a seed; the same in every run.
  private struct Numbers {
    private let random: Philox
    private var block: UInt32 = 0

    init(seed: UInt64) { random = Philox(seed: seed) }

    mutating func floats(_ count: Int) -> [Float] {
      (0..<count).map { _ in
        block += 1
        return Float(Int32(bitPattern: random.block(block, domain: .calibration)[0]) >> 8) * 0x1p-23
      }
    }

    mutating func integer(_ range: ClosedRange<Int>) -> Int {
      block += 1
      return range.lowerBound + Int(random.block(block, domain: .calibration)[1]) % range.count
    }
  }

  private let sets = InstructionSet.allCases.filter { $0.isBuiltIn && $0.isOffered }
  /// Stands where nothing may be written.
  private let guardValue: Float = -12345

  /// Half of the shapes are those of strided convolutions, some with few channels, whose rows are put together.
  @Test func gatheredProducts() {
    for number in 0..<90 {
      var numbers = Numbers(seed: UInt64(number))
      let (outputs, images) = (numbers.integer(1...70), numbers.integer(1...20))
      // Few channels are put together; so many that not all taps go at once leave sums in the output.
      let isDeep = number % 9 == 4
      let depth = isDeep ? numbers.integer(900...1500) : numbers.integer(number % 3 == 0 ? 1...4 : 1...40)
      let (kernel, side) = (numbers.integer(isDeep ? 3...4 : 1...5), numbers.integer(isDeep ? 1...3 : 1...9))
      let isConvolution = number % 2 == 0
      let geometry = ConvolutionGeometry(
        bigSide: 2 * side, bigChannels: depth, smallSide: side, smallChannels: outputs, kernel: kernel, stride: 2,
        padding: numbers.integer(0...2))
      let table = GatherTable.strided(geometry)
      let positions = isConvolution ? side * side : numbers.integer(1...80)
      let taps = isConvolution ? geometry.taps : numbers.integer(1...9)
      let imageStride = (isConvolution ? 4 * side * side : positions) * depth
      let input = numbers.floats(images * imageStride + 16)
      let weights = numbers.floats((outputs + 15) / 16 * taps * depth * 16)
      let inputOffsets =
        isConvolution
        ? table.inputOffsets
        : (0..<(taps * positions)).map { _ in
          numbers.integer(0...4) == 0 ? -1 : Int32(numbers.integer(0...(positions - 1)) * depth)
        }
      let outputOffsets = (0..<positions).map { Int32($0 * outputs) }
      let zeros = [Float](repeating: 0, count: depth + 16)
      func run(_ body: (GatheredProduct) -> Void) -> [UInt32] {
        var output = [Float](repeating: guardValue, count: images * positions * outputs + 32)
        output.withUnsafeMutableBufferPointer { output in
          weights.withUnsafeBytes { weights in
            let aligned = UnsafeMutablePointer<Lanes>.allocate(capacity: weights.count / 64)
            defer { aligned.deallocate() }
            UnsafeMutableRawPointer(aligned).copyMemory(from: weights.baseAddress!, byteCount: weights.count)
            body(
              GatheredProduct(
                input: input, inputImageStride: imageStride, output: output.baseAddress! + 16,
                outputImageStride: positions * outputs, zeros: zeros, inputOffsets: inputOffsets,
                outputOffsets: outputOffsets, weights: aligned, images: images, positions: positions, taps: taps,
                tapsInRow: isConvolution ? kernel : 1, depth: depth, outputs: outputs))
          }
        }
        #expect(output.prefix(16).allSatisfy { $0 == guardValue } && output.suffix(16).allSatisfy { $0 == guardValue })
        return output.map(\.bitPattern)
      }
      let wanted = run { gatheredProductReference($0) }
      for set in sets {
        let kernels = FloatKernels(set)
        let found = run { product in
          // In two parts, as threads would share it.
          let count = kernels.gatheredTileCount(product)
          kernels.gatheredProduct(product, (count / 3)..<count)
          kernels.gatheredProduct(product, 0..<(count / 3))
        }
        #expect(found == wanted, "\(set.name), case \(number)")
      }
    }
  }

  /// Through the pass that packs: shapes with few channels, whose patches are put together, among them; minibatches that end
  /// within a shard; maps whose images pass by a few at a time; minibatches that are packed a shard at a time.
  @Test(arguments: [1, 3]) func weightGradients(threads: Int) {
    let workers = Workers(count: threads, evenBeyondProcessors: true)
    for number in 0..<80 {
      var numbers = Numbers(seed: UInt64(1000 + number))
      let (kernel, stride) = (numbers.integer(1...5), numbers.integer(1...2))
      let (big, small) = (number % 3 == 0 ? numbers.integer(1...4) : numbers.integer(1...40), numbers.integer(1...70))
      let (side, images) = (numbers.integer(1...13), numbers.integer(1...19))
      let geometry = ConvolutionGeometry(
        bigSide: side * stride, bigChannels: big, smallSide: side, smallChannels: small, kernel: kernel, stride: stride,
        padding: numbers.integer(0...2))
      let offsets = GatherTable.strided(geometry).inputOffsets
      let (bigPositions, positions) = (geometry.bigSide * geometry.bigSide, side * side)
      let bigMap = numbers.floats(images * bigPositions * big)
      let smallMap = numbers.floats(images * positions * small)
      let zeros = [Float](repeating: 0, count: big + 16)
      let start = numbers.floats(geometry.taps * big * small)
      func run(_ body: (UnsafeMutablePointer<Float>) -> Void) -> [UInt32] {
        var gradient = [Float](repeating: guardValue, count: 16) + start + [Float](repeating: guardValue, count: 16)
        gradient.withUnsafeMutableBufferPointer { body($0.baseAddress! + 16) }
        #expect(
          gradient.prefix(16).allSatisfy { $0 == guardValue } && gradient.suffix(16).allSatisfy { $0 == guardValue })
        return gradient.map(\.bitPattern)
      }
      let wanted = run {
        weightGradientReference(
          big: bigMap, bigImageStride: bigPositions * big, bigChannels: big, bigOffsets: offsets, small: smallMap,
          smallChannels: small, positions: positions, taps: geometry.taps, images: images, shardImages: 8, gradient: $0)
      }
      let pass = WeightGradientPass(
        bigPositions: bigPositions, bigChannels: big, smallPositions: positions, smallChannels: small, offsets: offsets,
        tapsInRow: kernel, shardImages: 8, packedCount: number % 2 == 0 ? 1 : 1 << 21)
      for set in sets {
        var scratch = [Float](repeating: guardValue, count: pass.scratchCount(images: images))
        let found = run {
          pass.run(
            big: bigMap, small: smallMap, images: images, into: $0, scratch: &scratch, zeros: zeros, workers,
            FloatKernels(set))
        }
        #expect(found == wanted, "\(set.name), case \(number)")
      }
    }
  }

  /// The narrow product sums in another order: near to f64, and the same bits on every set.
  @Test func narrowProducts() {
    for number in 0..<40 {
      var numbers = Numbers(seed: UInt64(2000 + number))
      let (taps, depth, outputs) = (numbers.integer(1...9), numbers.integer(1...70), numbers.integer(1...4))
      let (groups, positions) = ((depth + 15) / 16, numbers.integer(1...9))
      let input = numbers.floats(positions * depth + 16)
      var weights = numbers.floats(taps * outputs * groups * 16)
      for i in weights.indices where i % (groups * 16) >= depth { weights[i] = 0 }
      let offsets = (0..<(taps * positions)).map { _ in
        numbers.integer(0...4) == 0 ? -1 : Int32(numbers.integer(0...(positions - 1)) * depth)
      }
      let places = (0..<positions).map { Int32($0 * outputs) }
      let zeros = [Float](repeating: 0, count: depth + 16)
      func run(_ set: InstructionSet) -> [Float] {
        var output = [Float](repeating: guardValue, count: positions * outputs)
        let aligned = UnsafeMutablePointer<Lanes>.allocate(capacity: weights.count / 16)
        defer { aligned.deallocate() }
        weights.withUnsafeBytes {
          UnsafeMutableRawPointer(aligned).copyMemory(from: $0.baseAddress!, byteCount: $0.count)
        }
        FloatKernels(set).narrowProduct(
          GatheredProduct(
            input: input, inputImageStride: 0, output: &output, outputImageStride: 0, zeros: zeros,
            inputOffsets: offsets,
            outputOffsets: places, weights: aligned, images: 1, positions: positions, taps: taps, tapsInRow: 1,
            depth: depth, outputs: outputs),
          0..<positions)
        return output
      }
      let found = run(.portable)
      for set in sets { #expect(run(set).map(\.bitPattern) == found.map(\.bitPattern), "\(set.name), case \(number)") }
      for p in 0..<positions {
        for o in 0..<outputs {
          var sum = 0.0
          for t in 0..<taps where offsets[t * positions + p] >= 0 {
            for d in 0..<depth {
              sum +=
                Double(input[Int(offsets[t * positions + p]) + d])
                * Double(weights[(t * outputs + o) * groups * 16 + d])
            }
          }
          #expect(abs(Double(found[p * outputs + o]) - sum) < 1e-4, "case \(number)")
        }
      }
    }
  }
}
