import Thimble

/// One layer with its batch normalisation folded in: `x -> weights * x + bias`, then the activation.
package struct FoldedLayer: Sendable {
  package let specification: LayerSpecification
  /// In the networks' order.
  package var weights: [Double]
  /// For each output: position and channel of a dense layer, channel of a convolution.
  package var biases: [Double]

  package var kind: LayerKind { specification.kind }
  package var outputs: Int { kind.outputs }

  /// gain / sqrt(variance + epsilon) goes into the weights, the rest into the bias.
  init(
    _ specification: LayerSpecification, _ generator: some GeneratorNumbers, _ statistics: FrozenStatistics,
    epsilon: Double
  ) {
    func values(_ role: Parameter.Role) -> [Double]? { generator.values(specification, role)?.map(Double.init) }
    self.specification = specification
    weights = values(.weight)!
    biases = values(.bias) ?? [Double](repeating: 0, count: specification.kind.outputs)
    guard let gain = values(.gain), let frozen = statistics.layers.first(where: { $0.name == specification.name })
    else { return }
    let bias = biases
    biases = (0..<outputs).map { output in
      let c = output % specification.statisticsCount
      let scale = gain[c] / (Double(frozen.variance[c]) + epsilon).squareRoot()
      for index in kind.weightIndices(output: output) { weights[index] *= scale }
      return bias[c] - Double(frozen.mean[c]) * scale
    }
  }
}

/// A frozen generator whose batch normalisation is folded into weights and biases, in f64. All folding is done here.
package struct FoldedGenerator: Sendable {
  package var layers: [FoldedLayer]

  /// - Parameter epsilon: what is added to the variances.
  init(_ generator: some GeneratorNumbers, _ statistics: FrozenStatistics, epsilon: Double) {
    layers = generator.layers.map { FoldedLayer($0, generator, statistics, epsilon: epsilon) }
  }

  package init(_ generator: PlainGenerator) {
    self.init(generator, generator.statistics, epsilon: generator.batchNormEpsilon)
  }
}
