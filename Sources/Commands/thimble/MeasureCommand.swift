import ArgumentParser
import Foundation
import Thimble
import ThimbleData
import ThimbleSampling
import ThimbleStatistics
import ThimbleNetworks
import ThimbleStorage

struct MeasureCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "measure", abstract: "How near generators come to the images of a set: a table, one line each.",
    discussion: """
      Each line is a generator, a checkpoint, or a safetensors file of `images` from elsewhere. The distance is the (squared) Frechet \
      distance in features of a fixed random network: it compares generators of one set and size, and is no FID. 1-NN is how often \
      the nearest of all other images is of the same kind, real or generated, with its 95 % interval: 50 % cannot be told apart. \
      Spread and nearest are the mean distances of all pairs and to the most similar image, relative to the set's.

        thimble measure run/checkpoint.safetensors int8.thimble int4.thimble --data SET.safetensors
      """)

  @Argument(help: ".thimble files, checkpoints, or safetensors with `images`.") var generators: [String]
  @Option(help: "The packed set to compare with.") var data: String
  @Option(help: "Images of each generator, of the seeds from 0.") var samples = 10_000
  @OptionGroup var compute: ComputeOptions

  func validate() throws {
    guard (64...100_000).contains(samples) else { throw ValidationError("--samples takes a number from 64 to 100000") }
  }

  func run() throws {
    let dataset = try Dataset(path: data)
    let recipe = try dataset.measurable()
    let sources = try MeasuredImages.all(
      generators, like: dataset, workers: compute.workers, freezing: ComputeOptions.freezing())
    let set = MeasuredSet(
      count: dataset.count, side: recipe.size, channels: recipe.channels, workers: compute.workers,
      kernels: try compute.kernels(), image: dataset.image)
    print("\(dataset.name): \(dataset.count) images of \(recipe.size)x\(recipe.size)x\(recipe.channels)")
    print("  distance   1-NN (95 % interval)   of real  generated   spread  nearest   images")
    for (path, source) in zip(generators, sources) {
      let images = try source.pixels(samples)
      let found = set.measure(images.pixels)
      let neighbour = found.nearestNeighbour
      let diversity =
        found.diversity.map { String(format: "%7.3f  %7.3f", $0.spread, $0.nearest) } ?? "      -        -"
      print(
        String(
          format: "%10.4f   %5.1f %% (%4.1f to %4.1f)   %5.1f %%    %5.1f %%  %@  %7d  ", found.distance,
          100 * neighbour.all.value, 100 * neighbour.all.low, 100 * neighbour.all.high, 100 * neighbour.real.value,
          100 * neighbour.generated.value, diversity, images.count) + FileError.printable(path)
      )
    }
  }
}
