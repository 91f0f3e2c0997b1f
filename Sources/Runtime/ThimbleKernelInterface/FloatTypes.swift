/// Sixteen lanes: the width that the order of every f32 sum is defined by, whatever the registers are.
public typealias Lanes = SIMD16<Float>

/// A product over gathered rows, the one form of both convolutions:
/// `output[p][o] = sum over taps t, then depths d, ascending, of input[at(t, p) + d] * weight[t][d][o]`, by fused multiply-add from 0.
///
/// A tap that falls off the map is left out, or adds zeros: numbers are finite, so that makes no difference.
@frozen public struct GatheredProduct {
  /// First image of the map that is read; [position][depth].
  public var input: UnsafePointer<Float>
  /// Floats from an image to the next.
  public var inputImageStride: Int
  /// First image of the map that is written; [position][outputs].
  public var output: UnsafeMutablePointer<Float>
  /// Floats from an image to the next.
  public var outputImageStride: Int
  /// Zeros, at least `depth` of them.
  public var zeros: UnsafePointer<Float>
  /// Shape: [taps][positions]: where the tap's input begins in an image, or -1 off the map.
  public var inputOffsets: UnsafePointer<Int32>
  /// Shape: [positions]: where the output begins in an image.
  public var outputOffsets: UnsafePointer<Int32>
  /// Shape: [blocks of 16 outputs][taps][depth], zero above the outputs. For a narrow product: [taps][outputs][groups of 16 depths].
  public var weights: UnsafePointer<Lanes>
  /// Images of the minibatch.
  public var images: Int
  /// Positions an image.
  public var positions: Int
  /// Taps of the kernel, or of one phase of it.
  public var taps: Int
  /// So many taps in a row read neighbouring numbers, where none of them is off the map.
  public var tapsInRow: Int
  /// Numbers that are read at each tap.
  public var depth: Int
  /// Numbers that are written at each position.
  public var outputs: Int

  /// All fields, one by one.
  @inlinable public init(
    input: UnsafePointer<Float>, inputImageStride: Int, output: UnsafeMutablePointer<Float>, outputImageStride: Int,
    zeros: UnsafePointer<Float>, inputOffsets: UnsafePointer<Int32>, outputOffsets: UnsafePointer<Int32>,
    weights: UnsafePointer<Lanes>, images: Int, positions: Int, taps: Int, tapsInRow: Int,
    depth: Int, outputs: Int
  ) {
    self.input = input
    self.inputImageStride = inputImageStride
    self.output = output
    self.outputImageStride = outputImageStride
    self.zeros = zeros
    self.inputOffsets = inputOffsets
    self.outputOffsets = outputOffsets
    self.weights = weights
    self.images = images
    self.positions = positions
    self.taps = taps
    self.tapsInRow = tapsInRow
    self.depth = depth
    self.outputs = outputs
  }
}

/// The gradient of the weights that join a big and a small map:
/// `gradient[t][b][s] += sum over a shard's images, then positions, of big[at(t, p)][b] * small[p][s]`, shard after shard.
///
/// Both maps are packed (`packColumns`), so that what a tile reads lies together. A part is one tap of a group of 8 channels of the
/// big map and a block of 32 of the small one: part = (group * blocks + block) * taps + tap.
@frozen public struct WeightGradient {
  /// The big map in groups of 8 channels, zeros beyond the last one.
  public var big: UnsafePointer<Float>
  /// Floats from a group to the next.
  public var bigGroupStride: Int
  /// Floats from an image to the next.
  public var bigImageStride: Int
  /// The small map: [blocks of 32 channels][images][positions][32], zeros beyond the last channel.
  public var small: UnsafePointer<Float>
  /// Floats from a block to the next.
  public var smallBlockStride: Int
  /// Floats from an image to the next.
  public var smallImageStride: Int
  /// Where big and small map meet, tap after tap: pairs of offsets in floats, positions ascending.
  public var pairs: UnsafePointer<SIMD2<Int32>>
  /// Shape: [taps + 1]: where the pairs of each tap begin.
  public var firstPairs: UnsafePointer<Int32>
  /// Shape: [taps][bigChannels][smallChannels]; added to.
  public var gradient: UnsafeMutablePointer<Float>
  /// Taps of the kernel.
  public var taps: Int
  /// Channels of the big map.
  public var bigChannels: Int
  /// Channels of the small map.
  public var smallChannels: Int
  /// Images that are packed.
  public var images: Int
  /// How many images make a shard.
  public var shardImages: Int
  /// How many images a part takes at once, while their maps are in the cache.
  public var imagesAtOnce: Int

  /// All fields, one by one.
  @inlinable public init(
    big: UnsafePointer<Float>, bigGroupStride: Int, bigImageStride: Int, small: UnsafePointer<Float>,
    smallBlockStride: Int, smallImageStride: Int, pairs: UnsafePointer<SIMD2<Int32>>,
    firstPairs: UnsafePointer<Int32>, gradient: UnsafeMutablePointer<Float>, taps: Int, bigChannels: Int,
    smallChannels: Int, images: Int, shardImages: Int, imagesAtOnce: Int
  ) {
    self.big = big
    self.bigGroupStride = bigGroupStride
    self.bigImageStride = bigImageStride
    self.small = small
    self.smallBlockStride = smallBlockStride
    self.smallImageStride = smallImageStride
    self.pairs = pairs
    self.firstPairs = firstPairs
    self.gradient = gradient
    self.taps = taps
    self.bigChannels = bigChannels
    self.smallChannels = smallChannels
    self.images = images
    self.shardImages = shardImages
    self.imagesAtOnce = imagesAtOnce
  }
}

/// Batch normalisation over `rows` rows of `channels` numbers, followed by an activation that is linear on each side of 0.
@frozen public struct Normalization {
  /// Before normalisation; [rows][channels].
  public var input: UnsafePointer<Float>
  /// After the activation (forward), or the gradient there, which becomes the gradient of `input` (backward).
  public var output: UnsafeMutablePointer<Float>
  /// Mean of the minibatch, [channels].
  public var mean: UnsafePointer<Float>
  /// 1 / standard deviation of the minibatch, [channels].
  public var inverseDeviation: UnsafePointer<Float>
  /// [channels].
  public var gain: UnsafePointer<Float>
  /// [channels].
  public var bias: UnsafePointer<Float>
  /// Backward only: the gradient of the gain over this minibatch alone, [channels].
  public var gainGradient: UnsafePointer<Float>
  /// The gradient of the bias over this minibatch alone, [channels].
  public var biasGradient: UnsafePointer<Float>
  /// Numbers of a row, each with statistics of its own.
  public var channels: Int
  /// Rows of the whole minibatch.
  public var rows: Int
  /// Slope below 0: 0 for ReLU, 0.2 for LeakyReLU.
  public var slope: Float

  /// All fields, one by one.
  @inlinable public init(
    input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>, mean: UnsafePointer<Float>,
    inverseDeviation: UnsafePointer<Float>, gain: UnsafePointer<Float>, bias: UnsafePointer<Float>,
    gainGradient: UnsafePointer<Float>, biasGradient: UnsafePointer<Float>, channels: Int, rows: Int, slope: Float
  ) {
    self.input = input
    self.output = output
    self.mean = mean
    self.inverseDeviation = inverseDeviation
    self.gain = gain
    self.bias = bias
    self.gainGradient = gainGradient
    self.biasGradient = biasGradient
    self.channels = channels
    self.rows = rows
    self.slope = slope
  }
}

/// One step of Adam (Kingma and Ba 2014) over a stretch of parameters.
@frozen public struct AdamStep {
  /// The step size.
  public var learningRate: Float
  /// Decay of the first moment.
  public var beta1: Float
  /// Decay of the second moment.
  public var beta2: Float
  /// 1 - beta1, rounded once from f64.
  public var oneMinusBeta1: Float
  /// 1 - beta2, rounded once from f64.
  public var oneMinusBeta2: Float
  /// 1 - beta1^t, the bias correction.
  public var correction1: Float
  /// 1 - beta2^t.
  public var correction2: Float
  /// Added to the root of the second moment.
  public var epsilon: Float
  /// L2 weight decay, added to the gradient.
  public var weightDecay: Float

  /// All fields, one by one.
  @inlinable public init(
    learningRate: Float, beta1: Float, beta2: Float, oneMinusBeta1: Float, oneMinusBeta2: Float, correction1: Float,
    correction2: Float, epsilon: Float, weightDecay: Float
  ) {
    self.learningRate = learningRate
    self.beta1 = beta1
    self.beta2 = beta2
    self.oneMinusBeta1 = oneMinusBeta1
    self.oneMinusBeta2 = oneMinusBeta2
    self.correction1 = correction1
    self.correction2 = correction2
    self.epsilon = epsilon
    self.weightDecay = weightDecay
  }
}
