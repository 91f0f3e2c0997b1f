import ThimbleNetworks

/// Factors by which the channels between two layers are divided before they become bytes, so that channels that stay small are not
/// given the coarse steps that the largest one needs. The layer after makes up for them; ReLU does not notice (Nagel et al.:
/// "Data-free quantization", 2019).
enum Equalization {
  enum Way {
    /// In eighths, the power of (largest activation / largest weight that reads it) that the factors are. Four eighths are even
    /// for what bytes and weights lose; but what is large is also rare.
    case power(eighths: Int)
    /// Only the channels above this part of the largest activation have a range of their own, the others one together.
    case outliers(above: Double)
  }

  /// What is tried between each two layers.
  static let ways: [Way] =
    (1...4).map { .power(eighths: $0) } + [1.2, 1.44, 1.728, 2.0736].map { .outliers(above: 1 / $0) }

  /// - Parameters:
  ///   - largest: the largest activation of each channel.
  ///   - next: the layer that reads the channels.
  /// - Returns: a factor a channel; the largest quotient of activation and factor is the largest activation.
  static func factors(largest: [Double], next: FoldedLayer, _ way: Way) -> [Double] {
    let top = max(largest.max() ?? 1, 1e-30)
    let factors: [Double]
    switch way {
    case .outliers(let part): factors = largest.map { max($0 / top, part) }
    case .power(let eighths):
      let weights = largestWeights(next, channels: largest.count)
      // Channels that are never active, or never read, are as good as the least of the others.
      let (leastActivation, leastWeight) = (top / 256, max((weights.max() ?? 1) / 256, 1e-30))
      factors = zip(largest, weights).map { activation, weight in
        let root = (max(activation, leastActivation) / max(weight, leastWeight)).squareRoot().squareRoot().squareRoot()
        return (0..<eighths).reduce(1.0) { power, _ in power * root }
      }
    }
    let whole = zip(largest, factors).reduce(1e-30) { max($0, $1.0 / $1.1) } / top
    return factors.map { $0 * whole }
  }

  private static func largestWeights(_ layer: FoldedLayer, channels: Int) -> [Double] {
    var weights = [Double](repeating: 0, count: channels)
    for index in layer.weights.indices {
      let channel = index % channels
      weights[channel] = max(weights[channel], abs(layer.weights[index]))
    }
    return weights
  }
}
