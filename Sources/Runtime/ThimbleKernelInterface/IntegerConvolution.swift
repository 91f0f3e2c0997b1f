/// One fractionally-strided convolution of a generator, with the numbers and the maps of some images: what its kernels take.
///
/// Maps are u8 [height][width][up(channels, 16)]. Weights, biases and multipliers are packed as format.md says. Nothing is
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

  /// A layer without memory yet: the numbers of its geometry, all pointers to `placeholder`.
  public init(
    inputHeight: Int, inputWidth: Int, inputChannels: Int, outputHeight: Int, outputWidth: Int, outputChannels: Int,
    kernel: Int, stride: Int, padding: Int, shift: UInt64, placeholder: UnsafeMutableRawPointer
  ) {
    (self.inputHeight, self.inputWidth, self.inputChannels) = (inputHeight, inputWidth, inputChannels)
    (self.outputHeight, self.outputWidth, self.outputChannels) = (outputHeight, outputWidth, outputChannels)
    (firstOutputRow, endOutputRow) = (0, outputHeight)
    (self.kernel, self.stride, self.padding, self.shift) = (kernel, stride, padding, shift)
    weights = UnsafePointer(placeholder.assumingMemoryBound(to: Int8.self))
    biases = UnsafePointer(placeholder.assumingMemoryBound(to: Int32.self))
    multipliers = UnsafePointer(placeholder.assumingMemoryBound(to: UInt32.self))
    zeros = UnsafePointer(placeholder.assumingMemoryBound(to: UInt8.self))
    input = zeros
    output = placeholder.assumingMemoryBound(to: UInt8.self)
    table = nil
    (images, inputImageStride, outputImageStride) = (1, 0, 0)
    outputPositionStride = (outputChannels + 15) / 16 * 16
  }
}

/// A part of a convolution that one worker computes: some rows of one output phase of some images, in some blocks of 16
/// channels.
@frozen public struct ConvolutionUnit {
  /// Taps along each axis.
  public var tapsY = 0, tapsX = 0
  /// The first output row and column; the next ones of the phase follow at the stride.
  public var outputRow = 0, outputColumn = 0
  /// The last input row and column that meet them: those of tap 0. The next ones follow one by one.
  public var inputRow = 0, inputColumn = 0
  /// Rows and columns of the phase to do.
  public var rows = 0, columns = 0
  /// The blocks of 16 channels to do.
  public var firstBlock = 0, endBlock = 0
  /// The images to do.
  public var firstImage = 0, endImage = 0
  /// Bytes from the layer's first weight to the phase's.
  public var weightOffset = 0

  /// No rows.
  public init() {}
}

extension IntegerConvolution {
  /// Pixels of a unit, about. Few enough to share a layer among workers, many enough to reuse weights.
  private static let unitPixels = 512

  /// Whether neighbours in a tile are the same pixel of several images: where rows are so short that tiles would not be full.
  /// The weights are then read once for all images. Larger maps are done image by image, so that they stay in the cache.
  public var joinsImages: Bool { outputWidth < 8 * stride }

  /// The parts that `unit(_:)` numbers from 0.
  @export(interface)
  public var unitCount: Int { (images + imagesAUnit - 1) / imagesAUnit * unitsAnImage }

  /// The part of a number: phase by phase, group of blocks by group, so that a worker that does them in order finds the
  /// weights of the last one in its cache.
  @export(interface)
  public func unit(_ number: Int) -> ConvolutionUnit {
    var unit = ConvolutionUnit()
    unit.firstImage = number / unitsAnImage * imagesAUnit
    unit.endImage = min(unit.firstImage + imagesAUnit, images)
    var rest = number % unitsAnImage
    var phase = 0
    while rest >= chunks(phase) * blockGroups {
      rest -= chunks(phase) * blockGroups
      unit.weightOffset += taps(phase / stride) * taps(phase % stride) * bytesATap
      phase += 1
    }
    let (phaseY, phaseX) = (phase / stride, phase % stride)
    let firstRow = rest % chunks(phase) * unitRows(phase)
    (unit.tapsY, unit.tapsX) = (taps(phaseY), taps(phaseX))
    unit.outputRow = first(phaseY, from: firstOutputRow) + firstRow * stride
    unit.outputColumn = first(phaseX, from: 0)
    unit.inputRow = (unit.outputRow + padding) / stride
    unit.inputColumn = (unit.outputColumn + padding) / stride
    unit.rows = min(unitRows(phase), rows(phase) - firstRow)
    unit.columns = columns(phase)
    unit.firstBlock = rest / chunks(phase) * blocksAUnit
    unit.endBlock = min(unit.firstBlock + blocksAUnit, blocks)
    return unit
  }

  /// Bytes of the weights of one tap and 16 outputs.
  public var bytesATapAndBlock: Int { (inputChannels + 15) / 16 * (hasInt4Weights ? 136 : 256) }

  /// Narrow maps of few images take more blocks at once, since they fill a tile with fewer pixels.
  private var blocksAUnit: Int { inputWidth <= 4 && images < 8 ? 4 : 2 }
  /// Several images of small maps, since a unit costs something too.
  private var imagesAUnit: Int {
    let pixels = max(1, (endOutputRow - firstOutputRow) / stride * (outputWidth / stride))
    return joinsImages ? images : min(images, max(1, 2 * Self.unitPixels / pixels))
  }
  private var unitsAnImage: Int {
    var count = 0
    for phase in 0..<stride * stride { count += chunks(phase) * blockGroups }
    return count
  }
  private var blocks: Int { (outputChannels + 15) / 16 }
  private var blockGroups: Int { (blocks + blocksAUnit - 1) / blocksAUnit }
  private var bytesATap: Int { bytesATapAndBlock * blocks }
  private func unitRows(_ phase: Int) -> Int {
    max(1, Self.unitPixels / max(1, columns(phase) * (joinsImages ? images : 1)))
  }
  private func chunks(_ phase: Int) -> Int {
    columns(phase) == 0 ? 0 : (rows(phase) + unitRows(phase) - 1) / unitRows(phase)
  }
  private func rows(_ phase: Int) -> Int { positions(phase / stride, from: firstOutputRow, to: endOutputRow) }
  private func columns(_ phase: Int) -> Int { positions(phase % stride, from: 0, to: outputWidth) }

  /// Taps of a phase along one axis.
  private func taps(_ phase: Int) -> Int { max(0, (kernel - phase + stride - 1) / stride) }
  /// The first output position y >= start of a phase: (y + padding) mod stride = phase.
  private func first(_ phase: Int, from start: Int) -> Int {
    start + (phase - (start + padding) % stride + stride) % stride
  }
  /// Output positions of a phase in start ..< end.
  private func positions(_ phase: Int, from start: Int, to end: Int) -> Int {
    max(0, (end - first(phase, from: start) + stride - 1) / stride)
  }
}
