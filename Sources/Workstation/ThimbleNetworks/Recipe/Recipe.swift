import Thimble

/// Everything that a training run is a function of, beside the pixels: the networks, the loss's optimiser, the order of things.
///
/// The defaults are the constants of the paper (Radford, Metz, Chintala: "Unsupervised Representation Learning with Deep
/// Convolutional Generative Adversarial Networks", 2015, sections 3 and 4) and, where the paper is silent, of its authors' code.
package struct Recipe: Sendable, Equatable {
  package var geometry: Geometry
  /// Side of the images: 16, 28, 32, 64 or 128.
  package var size: Int
  /// 1 grey, 3 colour.
  package var channels: Int
  package var latentLength = 100
  package var latentDistribution: LatentDistribution
  /// Channels of the generator's maps, from the first to the last but the image; each following map has twice the side.
  package var generatorWidths: [Int]
  /// Channels of the discriminator's maps, from the image inwards; each has half the side of the one before, but for strides of 1.
  package var discriminatorWidths: [Int]
  /// Strides of its convolutions, 1 or 2 each, where they are not all 2: the network that the paper classifies with has six
  /// convolutions, every other one of stride 1 (section 5.1).
  package var discriminatorStrides: [Int] = []
  /// Widths of dense layers between the latent and the first map, and between the last map and the score: none in the paper's
  /// networks, one in the authors' network of digits.
  package var generatorHidden: [Int] = []
  package var discriminatorHidden: [Int] = []
  /// Classes of a set with labels: both networks are told an image's class, at every layer (the authors' network of digits); 0: none.
  package var classes = 0
  package var output = Output.tanh
  package var normalized = Normalized.paper
  /// Convolutions of stride 1: after them the largest of 2x2 positions in the discriminator, before them each position twice in the
  /// generator.
  package var pooling = false
  /// Whether the score is made of the mean of each of the last maps.
  package var globalPooling = false
  /// The values that share statistics in the batch normalisation of the generator's first layer.
  package var firstLayerStatistics: LayerSpecification.Statistics
  package var batchNormEpsilon: Double
  /// Whether batch normalisation learns a gain and a bias.
  package var batchNormAffine = true
  /// Slope of the discriminator's LeakyReLU below 0.
  package var leakySlope = 0.2
  /// Standard deviation of the initial weights, and of the gains around 1.
  package var weightDeviation = 0.02
  package var schedule: Schedule
  /// The loss that training minimises.
  package var loss = Loss.nonSaturating
  /// How gradients change parameters.
  package var optimizer = Optimizer.adam
  package var batchSize = 128
  package var learningRate = 0.0002
  package var beta1 = 0.5
  package var beta2 = 0.999
  package var adamEpsilon = 1e-8
  /// L2 weight decay, added to the gradients of all parameters.
  package var weightDecay: Double
  /// Decay of the running average of the generator's weights, which is then the generator that is shown, frozen and exported; 0:
  /// none, as in the paper. (Yazici et al.: "The Unusual Effectiveness of Averaging in GAN Training", 2019.)
  package var generatorAverage = 0.0
  /// Whether each image of a minibatch is, half of the time, taken mirrored left to right; not in the paper.
  package var mirrored = false
  /// Passes over the data set.
  package var passes = 25
  /// The seed of the initial weights, the latents and the order of images.
  package var seed: UInt64 = 1

  /// The defaults for one geometry, size and number of channels.
  package init(geometry: Geometry = .authors, size: Int = 64, channels: Int = 3) {
    self.geometry = geometry
    self.size = size
    self.channels = channels
    let authors = geometry == .authors
    latentDistribution = authors ? .uniform : .normal
    firstLayerStatistics = authors ? .output : .channel
    batchNormEpsilon = authors ? 1e-8 : 1e-5
    schedule = authors ? .alternating : .both
    weightDecay = authors ? 1e-5 : 0
    // 4x4 first maps (7x7 for 28); the widths double towards them: the paper's 1024 512 256 128 at 64x64.
    let doublings = size == 28 ? 2 : max(1, (Self.log2(size) ?? 6) - 2)
    let last = authors && size != 28 ? 128 : 64
    generatorWidths = (0..<doublings).reversed().map { min(last << $0, 1024) }
    discriminatorWidths = generatorWidths.reversed()
  }

  private static func log2(_ n: Int) -> Int? { n > 0 && n & (n - 1) == 0 ? n.trailingZeroBitCount : nil }
}
