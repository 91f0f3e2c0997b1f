/// What becomes of one layer of a generator with labels, hidden layers, a sigmoid or another normalisation when it is expanded.
///
/// Labels that are joined to a map become channels of that map, carried along from the latent: carriers. A dense layer from a vector
/// becomes a convolution from one position. Where a map's statistics are of each output, so is its bias: carriers, of which one is
/// on, hold it.
struct ExpandedLayer {
  /// Before.
  let plain: LayerSpecification
  /// After: no labels, no batch normalisation, but a bias.
  let specification: LayerSpecification
  /// Channels, the last ones, of the expanded input and output.
  let carriersIn: Int
  let carriersOut: Int

  static func all(_ recipe: Recipe) -> [ExpandedLayer] {
    let layers = recipe.generatorLayers
    var expanded: [ExpandedLayer] = []
    for (index, plain) in layers.enumerated() {
      // Without classes, one carrier that is always on goes from the hidden layers to the map.
      let isHidden = index < recipe.generatorHidden.count
      let carriers = recipe.classes > 0 ? recipe.classes : isHidden ? 1 : 0
      expanded.append(
        ExpandedLayer(
          plain, after: expanded.last, carriersOut: index + 1 == layers.count ? 0 : carriers))
    }
    return expanded
  }

  private init(_ plain: LayerSpecification, after previous: ExpandedLayer?, carriersOut: Int) {
    self.plain = plain
    self.carriersOut = carriersOut
    carriersIn = previous?.carriersOut ?? 0
    var layer = plain
    (layer.statistics, layer.hasBias, layer.labels) = (nil, true, 0)
    if plain.activation == .sigmoid { layer.activation = .hyperbolicTangent }
    let channels = plain.outputChannels + carriersOut
    switch (plain.kind, previous) {
    case (.dense(var g), nil):
      g.outputs = g.outputPositions * channels
      layer.kind = .dense(g)
    case (.dense(let g), _):
      let side = plain.kind.outputSide
      layer.kind = .fractionallyStridedConvolution(
        ConvolutionGeometry(
          bigSide: side, bigChannels: channels, smallSide: 1, smallChannels: g.inputs - plain.labels + carriersIn,
          kernel: side, stride: 1, padding: 0))
    case (.fractionallyStridedConvolution(var g), _):
      g.smallChannels = previous!.specification.outputChannels
      g.bigChannels = channels
      layer.kind = .fractionallyStridedConvolution(g)
    case (.stridedConvolution, _): preconditionFailure("generators have none")
    }
    specification = layer
  }
}
