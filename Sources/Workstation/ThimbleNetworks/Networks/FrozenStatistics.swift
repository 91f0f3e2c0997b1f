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
    _ source: LatentSource, batches: Int = FrozenStatistics.batches, progress: (Int) -> Void = { _ in }
  ) -> FrozenStatistics {
    let copy = copy(capacity: FrozenStatistics.batchSize)
    let images = copy.capacity
    var latents = [Float](repeating: 0, count: images * source.count)
    return copy.averageStatistics(batches: batches, of: .secondMoments) { batch in
      unsafe latents.withUnsafeMutableBufferPointer {
        unsafe source.fill(
          $0.baseAddress!, rows: images, seed: 0, firstStream: UInt64(batch * images), domain: .freezing)
        unsafe copy.forward($0.baseAddress!, images: images)
      }
      progress(batch + 1)
    }
  }

  /// What is averaged beside the mean: the second moment, which gives the variance over all minibatches together, or the variance
  /// itself, as the authors' code does.
  package enum Averaged: Sendable { case secondMoments, variances }

  /// The statistics of every batch normalisation, averaged over minibatches that `run` runs forward one by one.
  package func averageStatistics(batches: Int, of averaged: Averaged, run: (Int) -> Void) -> FrozenStatistics {
    let normalized = running.filter { $0.normalization != nil }
    var sums = normalized.map { layer in
      [(mean: Double, other: Double)](repeating: (0, 0), count: layer.specification.statisticsCount)
    }
    for batch in 0..<batches {
      run(batch)
      for (index, layer) in normalized.enumerated() {
        let (means, variances) = unsafe layer.normalization!.statistics
        for c in sums[index].indices {
          let (mean, variance) = unsafe (Double(means[c]), Double(variances[c]))
          sums[index][c].mean += mean
          sums[index][c].other += averaged == .variances ? variance : variance + mean * mean
        }
      }
    }
    let count = Double(batches)
    return FrozenStatistics(
      layers: zip(normalized, sums).map { layer, sums in
        FrozenStatistics.Layer(
          name: layer.specification.name, mean: sums.map { Float($0.mean / count) },
          variance: sums.map { sum in
            let mean = sum.mean / count
            return Float(averaged == .variances ? sum.other / count : max(0, sum.other / count - mean * mean))
          })
      })
  }

  /// A network of the same parameters in memory of its own, to run forward only.
  package func copy(capacity: Int) -> Network {
    let copy = Network(
      layers, capacity: capacity, batchNormEpsilon: batchNormEpsilon, trained: false,
      ComputeContext(workspace: Workspace(), workers: context.workers, kernels: context.kernels))
    copy.context.workspace.allocate()
    unsafe copy.parameterValues.update(from: parameterValues, count: parameterCount)
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

  /// Sets frozen statistics, for runs with `frozen: true`.
  package func setStatistics(_ statistics: FrozenStatistics) {
    let normalized = running.filter { $0.normalization != nil }
    precondition(normalized.map { $0.specification.name } == statistics.layers.map { $0.name })
    for (layer, frozen) in zip(normalized, statistics.layers) {
      let (mean, variance) = unsafe layer.normalization!.statistics
      unsafe mean.update(from: frozen.mean, count: frozen.mean.count)
      unsafe variance.update(from: frozen.variance, count: frozen.variance.count)
    }
  }
}
