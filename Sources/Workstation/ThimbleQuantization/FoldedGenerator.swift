import Thimble
import ThimbleNetworks

/// One layer with its batch normalisation folded in: `x -> weights * x + bias`, then ReLU, or tanh after the last.
struct FoldedLayer {
  let specification: LayerSpecification
  /// In the networks' order, [tap][bigChannel][smallChannel].
  var weights: [Double]
  /// For each output: position and channel of a dense layer, channel of a convolution.
  var biases: [Double]
}

/// A frozen generator whose batch normalisation is folded into weights and biases, in f64.
struct FoldedGenerator {
  var layers: [FoldedLayer]
  let distribution: LatentDistribution

  /// gain / sqrt(variance + epsilon) goes into the weights, the rest into the bias.
  init(_ stored: StoredGenerator, _ statistics: FrozenStatistics) {
    distribution = stored.distribution
    layers = stored.layers.map { specification in
      let weights = stored.values(specification, .weight)!
      var layer = FoldedLayer(specification: specification, weights: weights.map(Double.init), biases: [])
      let bias = stored.values(specification, .bias)
      guard let gain = stored.values(specification, .gain), let bias,
        let frozen = statistics.layers.first(where: { $0.name == specification.name })
      else {
        layer.biases = bias?.map(Double.init) ?? [Double](repeating: 0, count: layer.outputs)
        return layer
      }
      for output in 0..<layer.outputs {
        let c = output % specification.statisticsCount
        let scale = Double(gain[c]) / (Double(frozen.variance[c]) + stored.batchNormEpsilon).squareRoot()
        for index in layer.indices(output: output) { layer.weights[index] *= scale }
        layer.biases.append(Double(bias[c]) - Double(frozen.mean[c]) * scale)
      }
      return layer
    }
  }
}
