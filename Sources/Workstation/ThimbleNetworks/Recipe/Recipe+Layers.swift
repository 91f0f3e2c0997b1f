import Thimble
import ThimbleBatches

/// The networks that a recipe describes. It must be valid.
extension Recipe {
  package var kernel: Int { geometry == .authors ? 5 : 4 }
  package var padding: Int { geometry == .authors ? 2 : 1 }
  /// Of a convolution: with stride 1, a kernel has a middle.
  private func mapKernel(_ stride: Int) -> Int { stride == 1 && geometry == .common ? 3 : kernel }
  private func mapPadding(_ stride: Int) -> Int { mapKernel(stride) == 5 ? 2 : 1 }
  /// Side of the last map after this many halvings of the image's side; nil if the side cannot be halved that often.
  package func firstSide(halvings: Int) -> Int? {
    let factor = 1 << min(halvings, 30)
    return size % factor == 0 ? size / factor : nil
  }

  /// The generator's layers. The recipe must be valid.
  package var generatorLayers: [LayerSpecification] {
    var side = firstSide(halvings: generatorWidths.count)!
    var inputs = latents.count
    var layers: [LayerSpecification] = []
    for (index, width) in generatorHidden.enumerated() {
      var layer = LayerSpecification.dense(
        "hidden\(index + 1)", inputs: inputs, outputs: width, activation: .rectifier(slope: 0))
      // The first layer's labels are part of the latent.
      if !layers.isEmpty { layer.labels = classes }
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
      var layer = LayerSpecification(
        name: "deconv\(index + 1)", kind: .fractionallyStridedConvolution(geometry),
        statistics: last && normalized != .everywhere ? nil : .channel,
        activation: last ? (output == .tanh ? .hyperbolicTangent : .sigmoid) : .rectifier(slope: 0), labels: classes)
      if pooling { layer.resampling = .init(kind: .repeated, side: side, channels: width) }
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
      let inputs = layers.last?.outputChannels ?? channels
      if pooling && !layers.isEmpty { side /= 2 }
      let stride = pooling ? 1 : discriminatorStrides.isEmpty ? 2 : discriminatorStrides[index]
      let geometry = ConvolutionGeometry(
        bigSide: side, bigChannels: inputs + classes, smallSide: side / stride, smallChannels: width,
        kernel: mapKernel(stride), stride: stride, padding: mapPadding(stride))
      var layer = LayerSpecification(
        name: "conv\(index + 1)", kind: .stridedConvolution(geometry),
        statistics: layers.isEmpty && normalized != .everywhere ? nil : .channel,
        activation: .rectifier(slope: Float(leakySlope)), labels: classes)
      if pooling && !layers.isEmpty { layer.resampling = .init(kind: .maximum, side: 2 * side, channels: inputs) }
      layers.append(layer)
      side /= stride
    }
    var head: LayerSpecification.Resampling?
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
        "hidden\(index + 1)", inputs: channels * positions + classes, inputPositions: positions, outputs: width,
        activation: .rectifier(slope: Float(leakySlope)))
      (layer.labels, layer.resampling) = (classes, head)
      layers.append(layer)
      (channels, positions, head) = (width, 1, nil)
    }
    var score = LayerSpecification.score(channels: channels, positions: positions, labels: classes)
    score.resampling = head
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
