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
    commandName: "measure", abstract: "Measure how near a generator's images come to a data set.",
    usage: "thimble measure <generators> ... --data <data> [<options>]",
    discussion: """
      Prints one line per generator, checkpoint or safetensors file of `images`. The distance is the squared Frechet \
      distance between features of a fixed random network. It compares generators of one data set and size; it is not \
      FID. 1-NN says how often the nearest other image is of the same kind, real or generated, with a 95 % interval: \
      at 50 % they cannot be told apart. Spread is the mean distance of all pairs of images, nearest the mean distance \
      to the most similar one; both are relative to the data set's.

        thimble measure run/best.safetensors int8.thimble --data SET.safetensors
      """)

  @Argument(help: ".thimble files, checkpoints, or safetensors files with `images`.") var generators: [String]
  @Option(help: "The data set to compare with.") var data: String
  @Option(help: "Images per generator, from seed 0.") var samples = 10_000
  @OptionGroup var compute: ComputeOptions

  func validate() throws {
    guard (64...100_000).contains(samples) else { throw ValidationError("--samples takes a number from 64 to 100000") }
  }

  func run() throws {
    let dataset = try Dataset(path: data)
    let recipe = try dataset.measurable()
    let sources = try MeasuredImages.all(
      generators, like: dataset, workers: compute.workers, freezing: ComputeOptions.freezing())
    let set = unsafe MeasuredSet(
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
