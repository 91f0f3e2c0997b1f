import Thimble

/// Mean and variance that take the minibatch's place once a generator is frozen, for each layer with batch normalisation.
package struct FrozenStatistics: Sendable, Equatable {
  package struct Layer: Sendable, Equatable {
    package var name: String
    /// In the networks' order, [position][channel].
    package var mean: [Float]
    package var variance: [Float]
  }

  package var layers: [Layer]

  /// Minibatches and images of each that `freeze` runs over: as many as the authors' own evaluation code.
  package static let batches = 100
  package static let batchSize = 128
}

extension Network {
  /// Freezes a generator: its mean and second moment of every batch normalisation, each averaged over 100 minibatches of 128
  /// latents (domain `freezing` of seed 0), as they run through the network with the minibatch's own statistics. It runs in a
  /// copy of the network of that capacity, so that the result does not depend on this one's.
  /// - Parameter progress: called after each minibatch with its number from 1.
  package func freeze(
    distribution: LatentDistribution, batches: Int = FrozenStatistics.batches, progress: (Int) -> Void = { _ in }
  ) -> FrozenStatistics {
    copy(capacity: FrozenStatistics.batchSize)
      .statistics(distribution: distribution, batches: batches, progress: progress)
  }

  /// A network of the same parameters in memory of its own, to run forward only.
  package func copy(capacity: Int) -> Network {
    let copy = Network(
      layers, capacity: capacity, batchNormEpsilon: batchNormEpsilon, trained: false,
      ComputeContext(workspace: Workspace(), workers: context.workers, kernels: context.kernels))
    copy.context.workspace.allocate()
    copy.parameterValues.update(from: parameterValues, count: parameterCount)
    copy.parametersChanged()
    return copy
  }

  /// Bytes that `freeze` allocates.
  package var freezingByteCount: Int {
    let workspace = Workspace()
    _ = Network(
      layers, capacity: FrozenStatistics.batchSize, batchNormEpsilon: batchNormEpsilon, trained: false,
      ComputeContext(workspace: workspace, workers: context.workers, kernels: context.kernels))
    return workspace.byteCount
  }

  private func statistics(
    distribution: LatentDistribution, batches: Int, progress: (Int) -> Void
  ) -> FrozenStatistics {
    let (length, images) = (layers[0].inputCount, capacity)
    var latents = [Float](repeating: 0, count: images * length)
    let normalized = running.filter { $0.normalization != nil }
    var sums = normalized.map { layer in
      [(first: Double, second: Double)](repeating: (0, 0), count: layer.specification.statisticsCount)
    }
    for batch in 0..<batches {
      latents.withUnsafeMutableBufferPointer {
        FloatLatents.fill(
          $0.baseAddress!, count: images, length: length, distribution: distribution, seed: 0,
          firstStream: UInt64(batch * images), domain: .freezing)
        forward($0.baseAddress!, images: images)
      }
      for (index, layer) in normalized.enumerated() {
        let (means, variances) = layer.normalization!.statistics
        for c in sums[index].indices {
          let (mean, variance) = (Double(means[c]), Double(variances[c]))
          sums[index][c].first += mean
          sums[index][c].second += variance + mean * mean
        }
      }
      progress(batch + 1)
    }
    let count = Double(batches)
    return FrozenStatistics(
      layers: zip(normalized, sums).map { layer, sums in
        FrozenStatistics.Layer(
          name: layer.specification.name, mean: sums.map { Float($0.first / count) },
          variance: sums.map { Float(max(0, $0.second / count - ($0.first / count) * ($0.first / count))) })
      })
  }

  /// Puts frozen statistics in force, for runs with `frozen: true`.
  package func setStatistics(_ statistics: FrozenStatistics) {
    let normalized = running.filter { $0.normalization != nil }
    precondition(normalized.map { $0.specification.name } == statistics.layers.map { $0.name })
    for (layer, frozen) in zip(normalized, statistics.layers) {
      let (mean, variance) = layer.normalization!.statistics
      mean.update(from: frozen.mean, count: frozen.mean.count)
      variance.update(from: frozen.variance, count: frozen.variance.count)
    }
  }
}
