import Thimble
import ThimbleBatches
import ThimbleData
import ThimbleStatistics
import ThimbleNetworks
import ThimbleStorage
import ThimbleThreads

/// Measures how near a generator comes to the set it is trained on: the Frechet distance (`FeatureMoments`) of 2,048 samples, seeds
/// 0 to 2,047, to at most 10,000 images spread evenly over the set. To be compared within a run: fewer samples are farther away.
struct DistanceGauge {
  private static let samples = 2048
  private static let realImages = 10_000

  private let set: MeasuredSet

  /// nil for sets too small to have a distribution.
  init?(_ dataset: Dataset, workers: Workers, kernels: FloatKernels) {
    guard dataset.count >= 64 else { return nil }
    let count = min(Self.realImages, dataset.count)
    set = unsafe MeasuredSet(
      count: count, side: dataset.width, channels: dataset.channels, workers: workers, kernels: kernels
    ) { unsafe dataset.image($0 * dataset.count / count) }
  }

  func distance(of generator: FrozenGenerator, _ recipe: Recipe) -> Double {
    let (network, batch) = (generator.network, generator.network.capacity)
    var pixels: [UInt8] = []
    pixels.reserveCapacity(Self.samples * network.outputCount)
    for first in stride(from: 0, to: Self.samples, by: batch) {
      let images = min(batch, Self.samples - first)
      unsafe network.forward(recipe.latents.rows(first..<(first + images)), images: images, frozen: true)
      for i in 0..<(images * network.outputCount) { unsafe pixels.append(recipe.byte(network.output[i])) }
    }
    return set.distance(pixels)
  }
}

extension Recipe {
  /// The pixel of a number that the generator puts out.
  func byte(_ value: Float) -> UInt8 { Pixel.byte(output == .tanh ? value : 2 * value - 1) }
}

/// A generator as it would be given away: averaged if the recipe averages, with frozen statistics.
struct FrozenGenerator {
  let network: Network
  let statistics: FrozenStatistics
}

extension AdversarialNetworks {
  func frozenGenerator() -> FrozenGenerator {
    generator.withAverages {
      let statistics = generator.freeze(recipe.latents)
      let network = generator.copy(capacity: FrozenStatistics.batchSize)
      network.setStatistics(statistics)
      return FrozenGenerator(network: network, statistics: statistics)
    }
  }
}
