import Thimble
import ThimbleThreads

/// A frozen generator of the kinds of layers that a .thimble file has: a dense layer from the latent, then fractionally-strided
/// convolutions. Its statistics do not change any more.
///
/// Reading, freezing and expanding, folding and rounding follow each other: `StoredGenerator`, this one, `FoldedGenerator`, and the
/// export.
package struct PlainGenerator: GeneratorNumbers {
  package let layers: [LayerSpecification]
  package let latents: LatentSource
  package let batchNormEpsilon: Double
  package let parameters: [Float]
  /// Of each batch normalisation; of none where the weights have taken them in.
  package let statistics: FrozenStatistics

  /// Freezes a generator that has no statistics yet, and expands one that is more than the paper's. Threads and instruction set do
  /// not show in the result.
  /// - Parameter progress: called while it is frozen, after each minibatch with its number from 1.
  package init(
    _ stored: StoredGenerator, workers: Workers, kernels: FloatKernels, progress: (Int) -> Void = { _ in }
  ) {
    (latents, batchNormEpsilon) = (stored.latents, stored.batchNormEpsilon)
    if let statistics = stored.statistics, stored.recipeBeyondPaper == nil {
      (layers, parameters, self.statistics) = (stored.layers, stored.parameters, statistics)
      return
    }
    let network = stored.network(capacity: FrozenStatistics.batchSize, workers: workers, kernels: kernels)
    let frozen = stored.statistics ?? network.freeze(stored.latents, progress: progress)
    guard let recipe = stored.recipeBeyondPaper else {
      (layers, parameters, statistics) = (stored.layers, stored.parameters, frozen)
      return
    }
    network.setStatistics(frozen)
    // With the epsilon that the f32 network has.
    let folded = FoldedGenerator(stored, frozen, epsilon: Double(network.batchNormEpsilon))
    let expanded = ExpandedGenerator(recipe, folded, network)
    (layers, parameters) = (expanded.layers.map(\.specification), expanded.parameters)
    statistics = FrozenStatistics(layers: [])
  }

  /// A network with these numbers and statistics, for up to `capacity` images a run. Allocates its workspace.
  package func frozenNetwork(capacity: Int, workers: Workers, kernels: FloatKernels) -> Network {
    let network = network(capacity: capacity, workers: workers, kernels: kernels)
    network.setStatistics(statistics)
    return network
  }
}

extension StoredGenerator {
  /// The layers that `PlainGenerator` has: known without computing anything.
  package var plainLayers: [LayerSpecification] {
    recipeBeyondPaper.map { ExpandedLayer.all($0).map(\.specification) } ?? layers
  }
}
