import Thimble
import ThimbleKernelInterface

/// Which numbers a case is made of.
enum Numbers: CaseIterable {
  /// Random ones, and a shift below 32, which the kernels requantise one by one.
  case slow
  /// The largest inputs and weights, any bias, multiplier and shift: where 32 and 64 bits overflow, and how.
  case extreme
  /// Random ones, and a shift that the kernels requantise by the register.
  case fast
  /// The same with multipliers that are powers of two: many values lie half-way between two results.
  case halves

  func multiplier(_ random: inout TestRandom) -> UInt32 {
    switch self {
    case .slow: UInt32.random(in: 0..<5000, using: &random)
    // A power of two leaves low bits of 0: what is cut off at 32 bits instead of limited is then small.
    case .extreme: Bool.random(using: &random) ? 1 << 30 : UInt32.random(in: 0..<(1 << 31), using: &random)
    case .fast: UInt32.random(in: 0..<5000, using: &random) << 18
    case .halves: 1 << UInt32.random(in: 23...30, using: &random)
    }
  }

  func shift(_ random: inout TestRandom) -> UInt64 {
    switch self {
    case .slow: 15
    case .extreme: UInt64.random(in: 1...62, using: &random)
    case .fast, .halves: 33
    }
  }
}

/// One geometry of the lattice, with random or extreme numbers, and buffers with guards.
struct ConvolutionCase {
  var layer: IntegerConvolution
  let record: LayerRecord
  let input: GuardedBytes, weights: GuardedBytes, biases: GuardedBytes, multipliers: GuardedBytes, output: GuardedBytes
  let zeros: GuardedBytes, table: GuardedBytes

  /// nil if the geometry has no output. `rows`: only some of the output's rows are asked for.
  init?(
    kernel: Int, stride: Int, padding: Int, outputPadding: Int, input shape: (Int, Int, Int), channels: Int,
    images: Int, numbers: Numbers, table hasTable: Bool, rows someRows: Bool = false,
    int4: Bool = false, random: inout TestRandom
  ) {
    let extreme = numbers == .extreme
    func side(_ n: Int) -> Int { (n - 1) * stride - 2 * padding + kernel + outputPadding }
    let (height, width) = (side(shape.0), side(shape.1))
    guard height > 0, width > 0 else { return nil }
    var record = LayerRecord(kind: .fractionallyStridedConvolution)
    record.input = MapShape(height: UInt32(shape.0), width: UInt32(shape.1), channels: UInt32(shape.2))
    record.output = MapShape(height: UInt32(height), width: UInt32(width), channels: UInt32(channels))
    (record.kernel, record.stride) = (UInt32(kernel), UInt32(stride))
    record.weightEncoding = int4 ? .int4 : .int8
    self.record = record
    let (inputStride, channelStride) = (Int(record.input.positionStride), Int(record.output.positionStride))
    let inputCount = Int(record.input.positions) * inputStride
    let positionStride = hasTable ? channels : channelStride
    let outputCount = Int(record.output.positions) * positionStride

    input = GuardedBytes(inputCount * images, guardByte: 0xFF)
    weights = GuardedBytes(Int(record.packedWeightsByteCount), guardByte: 0x7F)
    biases = GuardedBytes(4 * channelStride)
    multipliers = GuardedBytes(4 * channelStride)
    output = GuardedBytes(outputCount * images, fill: 0xEE)
    zeros = GuardedBytes(inputStride, guardByte: 0xFF)
    table = GuardedBytes(4096)

    if int4 { record.fillInt4(weights.bytes) }
    let signs: [Int8] = [-127, 127]
    for position in 0..<Int(record.input.positions) * images {
      for c in 0..<shape.2 {
        input.bytes[position * inputStride + c] = extreme ? 255 : UInt8.random(in: 0...255, using: &random)
      }
    }
    for output in 0..<channels {
      biases.pointer(Int32.self)[output] = Int32.random(
        in: extreme ? Int32.min...Int32.max : -9999...9999, using: &random)
      multipliers.pointer(UInt32.self)[output] = numbers.multiplier(&random)
      let sign = signs.randomElement(using: &random)!
      for tap in 0..<kernel * kernel {
        for input in 0..<shape.2 {
          if int4 {
            let index = record.int4Index(tap: (tap / kernel, tap % kernel), output: output, input: input)
            weights.bytes.setNibble(
              index.weight, from: 0, extreme ? (sign < 0 ? 0 : 15) : UInt8.random(in: 0...15, using: &random))
            weights.bytes.setNibble(index.scale, from: 0, extreme ? 15 : UInt8.random(in: 1...15, using: &random))
            continue
          }
          let index = record.weightIndex(tap: (tap / kernel, tap % kernel), output: output, input: input)
          weights.pointer(Int8.self)[index] = extreme ? sign : Int8.random(in: -127...127, using: &random)
        }
      }
    }
    for i in 0..<4096 { table.bytes[i] = UInt8(truncatingIfNeeded: i &* 37 &+ i >> 4) }

    layer = IntegerConvolution(
      inputHeight: shape.0, inputWidth: shape.1, inputChannels: shape.2, outputHeight: height, outputWidth: width,
      outputChannels: channels, kernel: kernel, stride: stride, padding: padding,
      shift: numbers.shift(&random), placeholder: zeros.bytes.baseAddress!)
    layer.weights = UnsafePointer(weights.pointer(Int8.self))
    layer.hasInt4Weights = int4
    layer.biases = UnsafePointer(biases.pointer(Int32.self))
    layer.multipliers = UnsafePointer(multipliers.pointer(UInt32.self))
    layer.zeros = UnsafePointer(zeros.pointer(UInt8.self))
    layer.images = images
    layer.input = UnsafePointer(input.pointer(UInt8.self))
    layer.output = output.pointer(UInt8.self)
    (layer.inputImageStride, layer.outputImageStride) = (inputCount, outputCount)
    layer.outputPositionStride = positionStride
    // The others are left as they were.
    if someRows { (layer.firstOutputRow, layer.endOutputRow) = (height / 3, height - height / 4) }
    layer.table = hasTable ? UnsafePointer(table.pointer(UInt8.self)) : nil
  }

  var isIntact: Bool { [input, weights, biases, multipliers, output, zeros, table].allSatisfy { $0.isIntact } }

  /// What the weight at a place stands for.
  func weight(_ tap: (Int, Int), _ output: Int, _ input: Int) -> Int64 {
    guard layer.hasInt4Weights else {
      return Int64(layer.weights[record.weightIndex(tap: tap, output: output, input: input)])
    }
    let index = record.int4Index(tap: tap, output: output, input: input)
    func half(_ index: Int) -> Int64 { Int64(weights.bytes[index / 2] >> UInt8(index % 2 * 4) & 15) }
    return (half(index.weight) - 8) * half(index.scale)
  }

  /// The output after `body`, which starts from bytes that nobody has written yet.
  func output(_ body: () -> Void) -> [UInt8] {
    output.bytes.initializeMemory(as: UInt8.self, repeating: 0xEE)
    body()
    return output.contents
  }

  /// Calls `body` for the whole lattice: kernel 1 ... 6, stride 1 ... 3, all paddings, maps down to one pixel.
  static func forLattice(shapesEach: Int, _ body: (ConvolutionCase, String) -> Void) -> Int {
    var random = TestRandom(17)
    var cases = 0
    let shapes = [
      (1, 1, 1), (1, 1, 17), (2, 3, 5), (3, 1, 16), (4, 4, 20), (1, 5, 3), (5, 3, 33), (7, 7, 4), (2, 9, 64),
    ]
    // Up to four blocks of 16, the most that a tile takes.
    let channels = [1, 3, 16, 17, 33, 4, 48, 20, 64]
    let images = [1, 2, 1, 8, 3, 1, 9, 1]
    for kernel in 1...6 {
      for stride in 1...3 {
        for padding in 0..<kernel {
          for outputPadding in 0..<stride {
            for _ in 0..<shapesEach {
              // Drawn, so that everything meets everything else somewhere. No last layer is of int4.
              let kind = Int.random(in: 0..<3, using: &random)
              let hasTable = kind == 0
              guard
                let one = ConvolutionCase(
                  kernel: kernel, stride: stride, padding: padding, outputPadding: outputPadding,
                  input: shapes.randomElement(using: &random)!,
                  channels: hasTable ? Int.random(in: 1...4, using: &random) : channels.randomElement(using: &random)!,
                  images: images.randomElement(using: &random)!,
                  numbers: Numbers.allCases.randomElement(using: &random)!, table: hasTable,
                  rows: Int.random(in: 0..<7, using: &random) == 0, int4: kind == 1,
                  random: &random)
              else { continue }
              body(
                one, "k\(kernel) s\(stride) p\(padding) op\(outputPadding) \(one.record.input) -> \(one.record.output)")
              cases += 1
            }
          }
        }
      }
    }
    return cases
  }
}
