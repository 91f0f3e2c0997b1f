/// The dense first layer of a generator, with its numbers, latents and maps: what its kernels take. Nothing is checked there.
@frozen public struct IntegerDense: @unchecked Sendable {
  /// Numbers of a latent.
  public var latentLength: Int
  /// Positions of the output map, height x width.
  public var positions: Int
  /// Channels of the output map.
  public var outputChannels: Int
  /// int8 [position][block][input / 4][16][4], or int4 in the same order, 8 inputs behind their scales.
  public var weights: UnsafePointer<Int8>
  /// Whether the weights are int4.
  public var hasInt4Weights = false
  /// [position][up(output channels, 16)].
  public var biases: UnsafePointer<Int32>
  /// [position][up(output channels, 16)], below 2^31.
  public var multipliers: UnsafePointer<UInt32>
  /// The s of the requantisation, 1 ... 62.
  public var shift: UInt64
  /// How many images, the latent of the first with zeros behind it up to a multiple of 4, and its map.
  public var images: Int, latents: UnsafePointer<Int16>, output: UnsafeMutablePointer<UInt8>
  /// Bytes from one image's latent to the next one's, and from map to map: a multiple of 64.
  public var imageStride: Int

  /// A layer without memory yet: the numbers of its geometry, all pointers to `placeholder`.
  public init(
    latentLength: Int, positions: Int, outputChannels: Int, shift: UInt64, placeholder: UnsafeMutableRawPointer
  ) {
    (self.latentLength, self.positions, self.outputChannels) = (latentLength, positions, outputChannels)
    self.shift = shift
    weights = UnsafePointer(placeholder.assumingMemoryBound(to: Int8.self))
    biases = UnsafePointer(placeholder.assumingMemoryBound(to: Int32.self))
    multipliers = UnsafePointer(placeholder.assumingMemoryBound(to: UInt32.self))
    latents = UnsafePointer(placeholder.assumingMemoryBound(to: Int16.self))
    output = placeholder.assumingMemoryBound(to: UInt8.self)
    (images, imageStride) = (1, 0)
  }

  /// Blocks of 16 outputs of a unit.
  private static let unitBlocks = 16

  /// The parts that `blocks(ofUnit:)` numbers from 0.
  public var unitCount: Int { (blockCount + Self.unitBlocks - 1) / Self.unitBlocks }

  /// Blocks of 16 outputs, over all positions: the order of the weights, the biases and the output.
  public func blocks(ofUnit unit: Int) -> Range<Int> {
    unit * Self.unitBlocks..<min((unit + 1) * Self.unitBlocks, blockCount)
  }

  private var blockCount: Int { positions * ((outputChannels + 15) / 16) }
}
