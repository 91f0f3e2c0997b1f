/// One fractionally-strided convolution of a generator, with the numbers and the maps of some images: what its kernels take.
///
/// Maps are u8 [height][width][up(channels, 16)]. Weights, biases and multipliers are packed as FORMAT.md says. Nothing is
/// checked in a kernel: whoever makes one of these has proved that all sizes agree.
@frozen public struct IntegerConvolution: @unchecked Sendable {
  /// Sides and channels of the input map.
  public var inputHeight: Int, inputWidth: Int, inputChannels: Int
  /// Sides and channels of the output map.
  public var outputHeight: Int, outputWidth: Int, outputChannels: Int
  /// The output rows to compute. Maps may be held in part: `input` and `output` point to where row 0 would lie.
  public var firstOutputRow: Int, endOutputRow: Int
  /// Kernel, stride and padding along both axes. What the output padding adds is in the output's sides.
  public var kernel: Int, stride: Int, padding: Int
  /// int8 [phase][block][tap][input / 4][16][4], or int4 in the same order, 16 inputs behind their scales.
  public var weights: UnsafePointer<Int8>
  /// Whether the weights are int4.
  public var hasInt4Weights = false
  /// [up(output channels, 16)].
  public var biases: UnsafePointer<Int32>
  /// [up(output channels, 16)], below 2^31.
  public var multipliers: UnsafePointer<UInt32>
  /// The s of the requantisation, 1 ... 62.
  public var shift: UInt64
  /// up(input channels, 16) zeros, read for positions outside of the input map.
  public var zeros: UnsafePointer<UInt8>
  /// The 4,096 pixels of the output table, or nil: then ReLU to u8.
  public var table: UnsafePointer<UInt8>?
  /// How many images, and the maps of the first.
  public var images: Int, input: UnsafePointer<UInt8>, output: UnsafeMutablePointer<UInt8>
  /// Bytes from the map of one image to that of the next.
  public var inputImageStride: Int, outputImageStride: Int
  /// Bytes of one position of the output: up(output channels, 16), or the channels alone behind the output table.
  public var outputPositionStride: Int

  /// A layer without memory yet: the numbers of its geometry, all pointers to `nothing`.
  public init(
    inputHeight: Int, inputWidth: Int, inputChannels: Int, outputHeight: Int, outputWidth: Int, outputChannels: Int,
    kernel: Int, stride: Int, padding: Int, shift: UInt64, nothing: UnsafeMutableRawPointer
  ) {
    (self.inputHeight, self.inputWidth, self.inputChannels) = (inputHeight, inputWidth, inputChannels)
    (self.outputHeight, self.outputWidth, self.outputChannels) = (outputHeight, outputWidth, outputChannels)
    (firstOutputRow, endOutputRow) = (0, outputHeight)
    (self.kernel, self.stride, self.padding, self.shift) = (kernel, stride, padding, shift)
    weights = UnsafePointer(nothing.assumingMemoryBound(to: Int8.self))
    biases = UnsafePointer(nothing.assumingMemoryBound(to: Int32.self))
    multipliers = UnsafePointer(nothing.assumingMemoryBound(to: UInt32.self))
    zeros = UnsafePointer(nothing.assumingMemoryBound(to: UInt8.self))
    input = zeros
    output = nothing.assumingMemoryBound(to: UInt8.self)
    table = nil
    (images, inputImageStride, outputImageStride) = (1, 0, 0)
    outputPositionStride = (outputChannels + 15) / 16 * 16
  }
}

/// A part of a convolution that one worker computes: some pixels of one output phase, in one or two blocks of 16 channels.
///
/// Pixels of a phase are numbered [row][column][image]: neighbours in a tile are the same pixel of several images where there
/// are any, so that taps outside of the map drop out for the whole tile, and weights are read once for all images.
@frozen public struct ConvolutionUnit {
  /// The phase: its first tap along each axis.
  public var phaseY = 0, phaseX = 0
  /// Taps along each axis.
  public var tapsY = 0, tapsX = 0
  /// The first output row and column of the phase; the next ones follow at the stride.
  public var firstRow = 0, firstColumn = 0
  /// Columns of the phase.
  public var columns = 0
  /// The pixels to do, numbered as above.
  public var firstPixel = 0, endPixel = 0
  /// The blocks of 16 channels to do.
  public var firstBlock = 0, endBlock = 0
  /// Bytes from the layer's first weight to the phase's.
  public var weightOffset = 0

  /// No pixels.
  public init() {}
}

extension IntegerConvolution {
  /// Blocks of a unit: what the widest tile takes.
  private static let unitBlocks = 2
  /// Pixels of a unit, all images counted. Few enough to share a layer among workers, many enough to reuse weights.
  private static let unitPixels = 512

  /// The parts that `unit(_:)` numbers from 0.
  public var unitCount: Int {
    var count = 0
    for phase in 0..<stride * stride { count += chunks(phase) * blockPairs }
    return count
  }

  /// The part of a number: phase by phase, pair of blocks by pair, so that a worker that does them in order finds the weights
  /// of the last one in its cache.
  public func unit(_ number: Int) -> ConvolutionUnit {
    var unit = ConvolutionUnit()
    var rest = number
    var phase = 0
    while rest >= chunks(phase) * blockPairs {
      rest -= chunks(phase) * blockPairs
      unit.weightOffset += taps(phase / stride) * taps(phase % stride) * bytesATap
      phase += 1
    }
    (unit.phaseY, unit.phaseX) = (phase / stride, phase % stride)
    (unit.tapsY, unit.tapsX) = (taps(unit.phaseY), taps(unit.phaseX))
    (unit.firstRow, unit.firstColumn) = (first(unit.phaseY, from: firstOutputRow), first(unit.phaseX, from: 0))
    unit.columns = positions(unit.phaseX, from: 0, to: outputWidth)
    unit.firstBlock = rest / chunks(phase) * Self.unitBlocks
    unit.endBlock = min(unit.firstBlock + Self.unitBlocks, (outputChannels + 15) / 16)
    unit.firstPixel = rest % chunks(phase) * Self.unitPixels
    unit.endPixel = min(unit.firstPixel + Self.unitPixels, pixels(phase))
    return unit
  }

  /// Bytes of the weights of one tap and 16 outputs.
  public var bytesATapAndBlock: Int { (inputChannels + 15) / 16 * (hasInt4Weights ? 136 : 256) }

  private var blockPairs: Int { ((outputChannels + 15) / 16 + Self.unitBlocks - 1) / Self.unitBlocks }
  private var bytesATap: Int { bytesATapAndBlock * ((outputChannels + 15) / 16) }
  private func chunks(_ phase: Int) -> Int { (pixels(phase) + Self.unitPixels - 1) / Self.unitPixels }
  private func pixels(_ phase: Int) -> Int {
    positions(phase / stride, from: firstOutputRow, to: endOutputRow)
      * positions(phase % stride, from: 0, to: outputWidth) * images
  }

  /// Taps of a phase along one axis.
  private func taps(_ phase: Int) -> Int { max(0, (kernel - phase + stride - 1) / stride) }
  /// The first output position y >= start of a phase: (y + padding) mod stride = phase.
  private func first(_ phase: Int, from start: Int) -> Int {
    let ahead = (phase - (start + padding) % stride + stride) % stride
    return start + ahead
  }
  /// Output positions of a phase in start ..< end.
  private func positions(_ phase: Int, from start: Int, to end: Int) -> Int {
    max(0, (end - first(phase, from: start) + stride - 1) / stride)
  }
}
