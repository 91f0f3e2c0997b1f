import Thimble
import ThimbleBatches

/// Everything that a training run is a function of, beside the pixels: the networks, the loss's optimiser, the order of things.
///
/// The defaults are the constants of the paper (Radford, Metz, Chintala: "Unsupervised Representation Learning with Deep
/// Convolutional Generative Adversarial Networks", 2015, sections 3 and 4) and, where the paper is silent, of its authors' code.
package struct Recipe: Sendable, Equatable {
  /// The two geometries that are both called DCGAN.
  package enum Geometry: String, Sendable, CaseIterable {
    /// The paper's authors': 5x5 kernels, stride 2, padding 2.
    case authors
    /// dcgan.torch and PyTorch's example: 4x4 kernels, stride 2, padding 1.
    case common
  }

  /// Which network a minibatch updates.
  package enum Schedule: String, Sendable, CaseIterable {
    /// Even minibatches update the generator, odd ones the discriminator (the authors' code).
    case alternating
    /// Each one updates the discriminator, then the generator.
    case both
  }

  /// What the generator's last layer ends with, and so the range of images.
  package enum Output: String, Sendable, CaseIterable {
    /// [-1, 1], as the paper has it.
    case tanh
    /// [0, 1]: the authors' network of digits.
    case sigmoid
  }

  /// Where batch normalisation is.
  package enum Normalized: String, Sendable, CaseIterable {
    /// Everywhere but at the generator's output and the discriminator's input.
    case paper
    /// Nowhere; convolutions have biases instead.
    case none
    /// There as well.
    case everywhere
  }

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
  /// Convolutions of stride 1: behind them the largest of 2x2 positions in the discriminator, before them each position twice in the
  /// generator.
  package var pooling = false
  /// Whether the score is made of the mean of each of the last maps.
  package var globalPooling = false
  /// What the batch normalisation of the generator's first layer takes its statistics over.
  package var firstLayerStatistics: LayerSpecification.Statistics
  package var batchNormEpsilon: Double
  /// Whether batch normalisation learns a gain and a bias.
  package var batchNormAffine = true
  /// Slope of the discriminator's LeakyReLU below 0.
  package var leakySlope = 0.2
  /// Standard deviation of the initial weights, and of the gains around 1.
  package var weightDeviation = 0.02
  package var schedule: Schedule
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
  /// What initial weights, latents and the order of images are drawn from.
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

  package var kernel: Int { geometry == .authors ? 5 : 4 }
  package var padding: Int { geometry == .authors ? 2 : 1 }
  /// Of a convolution: with stride 1, a kernel has a middle.
  private func mapKernel(_ stride: Int) -> Int { stride == 1 && geometry == .common ? 3 : kernel }
  private func mapPadding(_ stride: Int) -> Int { mapKernel(stride) == 5 ? 2 : 1 }
  /// Side of the last map after so many halvings of the image's; nil where the size cannot be halved that often.
  package func firstSide(halvings: Int) -> Int? {
    let factor = 1 << min(halvings, 30)
    return size % factor == 0 ? size / factor : nil
  }

  /// The generator's layers. The recipe must be valid.
  package var generatorLayers: [LayerSpecification] {
    var side = firstSide(halvings: generatorWidths.count)!
    // The first layer's labels are part of the latent.
    var inputs = latents.count
    var layers: [LayerSpecification] = []
    for (index, width) in generatorHidden.enumerated() {
      var layer = LayerSpecification.dense(
        "hidden\(index + 1)", inputs: inputs, outputs: width, activation: .rectifier(slope: 0))
      if index > 0 { layer.labels = classes }
      layers.append(layer)
      inputs = width + classes
    }
    var first = LayerSpecification.projection(
      latent: inputs, channels: generatorWidths[0], side: side, statistics: firstLayerStatistics)
    if !layers.isEmpty { first.labels = classes }
    layers.append(first)
    for (index, width) in generatorWidths.enumerated() {
      let last = index + 1 == generatorWidths.count
      let geometry = ConvolutionGeometry(
        bigSide: 2 * side, bigChannels: last ? channels : generatorWidths[index + 1],
        smallSide: pooling ? 2 * side : side, smallChannels: width + classes, kernel: mapKernel(pooling ? 1 : 2),
        stride: pooling ? 1 : 2, padding: mapPadding(pooling ? 1 : 2))
      var layer = LayerSpecification.convolution(
        "deconv\(index + 1)", geometry, .smallToBig, statistics: last && normalized != .everywhere ? nil : .channel,
        activation: last ? (output == .tanh ? .hyperbolicTangent : .sigmoid) : .rectifier(slope: 0))
      layer.labels = classes
      if pooling { layer.preparation = .init(kind: .repeated, side: side, channels: width) }
      layers.append(layer)
      side *= 2
    }
    return withGains(layers)
  }

  /// The discriminator's layers. The recipe must be valid.
  package var discriminatorLayers: [LayerSpecification] {
    var side = size
    var layers: [LayerSpecification] = []
    for (index, width) in discriminatorWidths.enumerated() {
      let inputs = index == 0 ? channels : discriminatorWidths[index - 1]
      if pooling && index > 0 { side /= 2 }
      let stride = pooling ? 1 : discriminatorStrides.isEmpty ? 2 : discriminatorStrides[index]
      let geometry = ConvolutionGeometry(
        bigSide: side, bigChannels: inputs + classes, smallSide: side / stride, smallChannels: width,
        kernel: mapKernel(stride), stride: stride, padding: mapPadding(stride))
      var layer = LayerSpecification.convolution(
        "conv\(index + 1)", geometry, .bigToSmall, statistics: index == 0 && normalized != .everywhere ? nil : .channel,
        activation: .rectifier(slope: Float(leakySlope)))
      layer.labels = classes
      if pooling && index > 0 { layer.preparation = .init(kind: .maximum, side: 2 * side, channels: inputs) }
      layers.append(layer)
      side /= stride
    }
    var head: LayerSpecification.Preparation?
    var (channels, positions) = (discriminatorWidths.last!, side * side)
    if pooling {
      head = .init(kind: .maximum, side: side, channels: channels)
      positions /= 4
    } else if globalPooling {
      head = .init(kind: .mean, side: side, channels: channels)
      positions = 1
    }
    for (index, width) in discriminatorHidden.enumerated() {
      var layer = LayerSpecification.dense(
        "hidden\(index + 1)", inputs: channels * positions + classes, outputs: width,
        activation: .rectifier(slope: Float(leakySlope)))
      (layer.inputPositions, layer.labels, layer.preparation) = (positions, classes, head)
      layers.append(layer)
      (channels, positions, head) = (width, 1, nil)
    }
    var score = LayerSpecification.score(channels: channels, positions: positions, labels: classes)
    score.preparation = head
    return withGains(layers + [score])
  }

  private func withGains(_ layers: [LayerSpecification]) -> [LayerSpecification] {
    layers.map { layer in
      var layer = layer
      layer.isAffine = batchNormAffine
      if normalized == .none && layer.statistics != nil { (layer.statistics, layer.hasBias) = (nil, true) }
      return layer
    }
  }

  /// What each byte of an image is to the networks: `Pixel.value` where the generator ends in tanh (paper, section 4), v / 255 where
  /// in a sigmoid.
  package var scaledBytes: [Float] {
    (0..<256).map { output == .tanh ? Pixel.value(Float($0)) : Float($0) / 255 }
  }

  /// What the generator is fed.
  package var latents: LatentSource {
    LatentSource(length: latentLength, distribution: latentDistribution, classes: classes)
  }
}
