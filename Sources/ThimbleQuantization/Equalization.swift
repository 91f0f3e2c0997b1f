/// Factors by which the channels between two layers are divided before they become bytes, so that channels that stay small are not
/// given the coarse steps that the largest one needs. The layer after makes up for them; ReLU does not notice (Nagel et al.:
/// "Data-free quantization", 2019).
enum Equalization {
  /// The factors are powers of (largest activation / largest weight that reads it): whole eighths, up to this many. Even out of
  /// both what bytes and what weights lose would be four eighths; but what is large is also rare.
  static let largestPower = 4

  /// - Parameters:
  ///   - largest: the largest activation of each channel.
  ///   - next: the layer that reads the channels.
  ///   - eighths: the power; with 0 all factors are 1.
  /// - Returns: a factor a channel; the largest quotient of activation and factor is the largest activation.
  static func factors(largest: [Double], next: FoldedLayer, eighths: Int) -> [Double] {
    let channels = largest.count
    var weights = [Double](repeating: 0, count: channels)
    for index in next.weights.indices {
      let channel = index % channels
      weights[channel] = max(weights[channel], abs(next.weights[index]))
    }
    // Channels that are never active, or never read, are as good as the least of the others.
    let (leastActivation, leastWeight) = ((largest.max() ?? 1) / 256, (weights.max() ?? 1) / 256)
    let factors = zip(largest, weights).map { activation, weight in
      let ratio = max(activation, leastActivation, 1e-30) / max(weight, leastWeight, 1e-30)
      let root = ratio.squareRoot().squareRoot().squareRoot()
      return (0..<eighths).reduce(1.0) { power, _ in power * root }
    }
    let whole = zip(largest, factors).reduce(1e-30) { max($0, $1.0 / $1.1) } / max(largest.max() ?? 1, 1e-30)
    return factors.map { $0 * whole }
  }
}
