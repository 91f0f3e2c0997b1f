import Thimble

extension Network {
  /// Draws initial weights: N(0, deviation) for weights, N(1, deviation) for gains, 0 for biases (paper, section 4).
  /// - Parameter network: 0 for the generator, 1 for the discriminator: which streams of the seed are drawn from.
  package func initialize(seed: UInt64, deviation: Float, network: UInt64) {
    for (index, parameter) in parameters.enumerated() {
      let values = unsafe parameterValues + parameter.offset
      guard parameter.role == .weight || parameter.role == .gain && parameter.layer.isAffine else {
        unsafe values.update(repeating: parameter.role == .gain ? 1 : 0, count: parameter.count)
        continue
      }
      var drawn = [Int16](repeating: 0, count: parameter.count)
      var span = drawn.mutableSpan
      LatentDistribution.normal.fill(
        &span, seed: seed, stream: network << 32 | UInt64(index), domain: .initialWeights)
      let center: Float = parameter.role == .gain ? 1 : 0
      for (number, memory) in zip(drawn, parameter.memoryIndices()) {
        unsafe values[memory] = center.addingProduct(Q3x12.value(number), deviation)
      }
    }
    parametersChanged()
  }
}
