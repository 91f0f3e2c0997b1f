import Thimble

extension Network {
  /// Draws initial weights: N(0, deviation) for weights, N(1, deviation) for gains, 0 for biases (paper, section 4).
  /// - Parameter network: 0 for the generator, 1 for the discriminator: which streams of the seed are drawn from.
  package func initialize(seed: UInt64, deviation: Float, network: UInt64) {
    for (index, parameter) in parameters.enumerated() {
      let values = parameterValues + parameter.offset
      guard parameter.role != .bias else {
        values.update(repeating: 0, count: parameter.count)
        continue
      }
      var drawn = [Int16](repeating: 0, count: parameter.count)
      var span = drawn.mutableSpan
      LatentDistribution.normal.fill(
        &span, seed: seed, stream: network << 32 | UInt64(index), domain: .initialWeights)
      let center: Float = parameter.role == .gain ? 1 : 0
      for (number, memory) in zip(drawn, parameter.memoryIndices()) {
        values[memory] = center.addingProduct(Float(number) / 4096, deviation)
      }
    }
    parametersChanged()
  }
}

/// Latents as the f32 networks see them: the runtime's Q3.12 numbers, divided by 4096, exactly.
package enum FloatLatents {
  /// Writes `count` rows of `length` numbers: streams `first` ... of the seed.
  package static func fill(
    _ rows: UnsafeMutablePointer<Float>, count: Int, length: Int, distribution: LatentDistribution, seed: UInt64,
    firstStream: UInt64, domain: Philox.Domain
  ) {
    var row = [Int16](repeating: 0, count: length)
    for index in 0..<count {
      var span = row.mutableSpan
      distribution.fill(&span, seed: seed, stream: firstStream + UInt64(index), domain: domain)
      for i in 0..<length { rows[index * length + i] = Float(row[i]) / 4096 }
    }
  }

  /// The latents of seeds, as they are sampled: [seeds][length].
  package static func rows(_ seeds: Range<Int>, length: Int, distribution: LatentDistribution) -> [Float] {
    var rows = [Float](repeating: 0, count: seeds.count * length)
    rows.withUnsafeMutableBufferPointer {
      for (n, seed) in seeds.enumerated() {
        fill(
          $0.baseAddress! + n * length, count: 1, length: length, distribution: distribution, seed: UInt64(seed),
          firstStream: 0, domain: .latents)
      }
    }
    return rows
  }
}
