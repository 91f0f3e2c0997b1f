import Testing
import Thimble
import ThimbleKernelTypes
import ThimbleKernels
import ThimbleNetworks

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

  @Test func gatheredProducts() {
    for number in 0..<60 {
      var numbers = Numbers(seed: UInt64(number))
      let (taps, depth, outputs) = (numbers.integer(1...9), numbers.integer(1...40), numbers.integer(1...70))
      let (positions, images) = (numbers.integer(1...20), numbers.integer(1...4))
      let input = numbers.floats(images * positions * depth + 16)
      let weights = numbers.floats((outputs + 15) / 16 * taps * depth * 16)
      let inputOffsets = (0..<(taps * positions)).map { _ in
        numbers.integer(0...4) == 0 ? -1 : Int32(numbers.integer(0...(positions - 1)) * depth)
      }
      let outputOffsets = (0..<positions).map { Int32($0 * outputs) }
      let zeros = [Float](repeating: 0, count: depth + 16)
      func run(_ body: (GatheredProduct, Range<Int>) -> Void) -> [UInt32] {
        var output = [Float](repeating: guardValue, count: images * positions * outputs + 32)
        output.withUnsafeMutableBufferPointer { output in
          weights.withUnsafeBytes { weights in
            let aligned = UnsafeMutablePointer<Lanes>.allocate(capacity: weights.count / 64)
            defer { aligned.deallocate() }
            UnsafeMutableRawPointer(aligned).copyMemory(from: weights.baseAddress!, byteCount: weights.count)
            body(
              GatheredProduct(
                input: input, inputImageStride: positions * depth, output: output.baseAddress! + 16,
                outputImageStride: positions * outputs, zeros: zeros, inputOffsets: inputOffsets,
                outputOffsets: outputOffsets, weights: aligned, positions: positions, taps: taps, depth: depth,
                outputs: outputs), 0..<(images * positions))
          }
        }
        #expect(output.prefix(16).allSatisfy { $0 == guardValue } && output.suffix(16).allSatisfy { $0 == guardValue })
        return output.map(\.bitPattern)
      }
      let wanted = run { gatheredProductReference($0, positions: $1) }
      for set in sets {
        #expect(run { FloatKernels(set).gatheredProduct($0, positions: $1) } == wanted, "\(set.name), case \(number)")
      }
    }
  }

  @Test func weightGradients() {
    for number in 0..<60 {
      var numbers = Numbers(seed: UInt64(1000 + number))
      let (taps, big, small) = (numbers.integer(1...9), numbers.integer(1...20), numbers.integer(1...40))
      let (positions, images) = (numbers.integer(1...12), numbers.integer(1...19))
      let bigMap = numbers.floats(images * positions * big + 16)
      let smallMap = numbers.floats(images * positions * small + 32)
      let offsets = (0..<(taps * positions)).map { _ in
        numbers.integer(0...4) == 0 ? -1 : Int32(numbers.integer(0...(positions - 1)) * big)
      }
      let zeros = [Float](repeating: 0, count: big + 16)
      let start = numbers.floats(taps * big * small)
      func run(_ body: (WeightGradient, Range<Int>) -> Void) -> [UInt32] {
        var gradient = [Float](repeating: guardValue, count: 16) + start + [Float](repeating: guardValue, count: 16)
        gradient.withUnsafeMutableBufferPointer { gradient in
          body(
            WeightGradient(
              big: bigMap, small: smallMap, bigImageStride: positions * big, smallImageStride: positions * small,
              zeros: zeros, bigOffsets: offsets, gradient: gradient.baseAddress! + 16, positions: positions, taps: taps,
              bigChannels: big, smallChannels: small, images: images, shardImages: 8), 0..<(taps * big))
        }
        #expect(
          gradient.prefix(16).allSatisfy { $0 == guardValue } && gradient.suffix(16).allSatisfy { $0 == guardValue })
        return gradient.map(\.bitPattern)
      }
      let wanted = run { weightGradientReference($0, rows: $1) }
      for set in sets {
        #expect(run { FloatKernels(set).weightGradient($0, rows: $1) } == wanted, "\(set.name), case \(number)")
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
            outputOffsets: places, weights: aligned, positions: positions, taps: taps, depth: depth, outputs: outputs),
          positions: 0..<positions)
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
