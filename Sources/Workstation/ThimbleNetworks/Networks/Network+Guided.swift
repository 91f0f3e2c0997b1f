extension Network {
  /// Guided backpropagation (Springenberg et al.: "Striving for Simplicity", 2015) from a layer's output to the input, after a
  /// forward run with the minibatch's statistics, which are taken as constants: at each rectifier only what is positive, both going
  /// forward and coming back, passes. The network must be one in training.
  /// - Parameter gradient: at the output of layer `index`, [images][outputCount].
  /// - Returns: [images][inputCount].
  package func guidedGradient(from index: Int, _ gradient: [Float], images: Int) -> [Float] {
    var gradient = gradient
    precondition(gradient.count == images * layers[index].outputCount)
    for layer in running[0...index].reversed() {
      for i in gradient.indices where unsafe gradient[i] <= 0 || layer.output[i] <= 0 { gradient[i] = 0 }
      if let normalization = layer.normalization {
        let gain = parameters.first { $0.layer.name == layer.specification.name && $0.role == .gain }!
        let channels = normalization.channels
        let scales = (0..<channels).map {
          unsafe parameterValues[gain.offset + $0]
            / (normalization.statistics.variance[$0] + batchNormEpsilon).squareRoot()
        }
        for i in gradient.indices { gradient[i] *= scales[i % channels] }
      }
      let count = images * layer.specification.inputCount
      gradient = unsafe [Float](unsafeUninitializedCapacity: count) { result, initialized in
        unsafe layer.productInputGradient(gradient, into: result.baseAddress!, images: images)
        initialized = count
      }
    }
    return gradient
  }
}
