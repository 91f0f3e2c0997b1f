import ArgumentParser
import Foundation
import Thimble
import ThimbleData
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
    let sources = try MeasuredImages.all(generators, like: dataset, compute: compute)
    let set = MeasuredSet(
      count: dataset.count, side: recipe.size, channels: recipe.channels, workers: compute.workers,
      kernels: try compute.kernels(), image: dataset.image)
    print("\(dataset.name): \(dataset.count) images of \(recipe.size)x\(recipe.size)x\(recipe.channels)")
    print("  distance   1-NN (95 % interval)   of real  generated   spread  nearest   images")
    for (path, source) in zip(generators, sources) {
      let pixels = try source.pixels(samples)
      let found = set.measure(pixels)
      let neighbour = found.nearestNeighbour
      let diversity =
        found.diversity.map { String(format: "%7.3f  %7.3f", $0.spread, $0.nearest) } ?? "      -        -"
      print(
        String(
          format: "%10.4f   %5.1f %% (%4.1f to %4.1f)   %5.1f %%    %5.1f %%  %@  %7d  ", found.distance,
          100 * neighbour.all.value, 100 * neighbour.all.low, 100 * neighbour.all.high, 100 * neighbour.real.value,
          100 * neighbour.generated.value, diversity, pixels.count / dataset.imageByteCount) + FileError.printable(path)
      )
    }
  }
}

extension Dataset {
  /// Refuses sets of sides that no network of ours is built for.
  /// - Returns: a recipe of that size.
  func measurable() throws(FileError) -> Recipe {
    guard height == width, Recipe.sizes.contains(height) else {
      throw FileError(
        .badData, file: path, field: "images", found: "\(height)x\(width)",
        wanted: "a side of \(Recipe.sizes.map(String.init).joined(separator: ", "))",
        advice: "Pack the set again with --size.")
    }
    guard count >= 64 else {
      throw FileError(
        .badData, file: path, field: "images", found: "\(count)", wanted: "at least 64 to compare with",
        advice: "Pack more images.")
    }
    return Recipe(size: height, channels: channels)
  }
}

/// What is measured: a generator's images, or images from a file.
struct MeasuredImages {
  private enum Kind {
    case generator(ImageSource)
    case file(StoredTensor)
  }

  private let kind: Kind
  private let shape: (height: Int, width: Int, channels: Int)

  init(path: String, compute: ComputeOptions) throws(FileError) {
    if try !ImageSource.isExported(path) {
      let file = try SafetensorsFile(path: path)
      if file.tensors["images"] != nil, file.metadata["format"]?.hasPrefix("thimble-dataset") != true {
        let images = try file.tensor("images", .f32, shape: [nil, nil, nil, nil])
        (kind, shape) = (.file(images), (images.shape[2], images.shape[3], images.shape[1]))
        guard images.shape[0] >= 64 else {
          throw FileError(
            .badData, file: path, field: "images", found: "\(images.shape[0])", wanted: "at least 64",
            advice: "Write more images into the file.")
        }
        return
      }
    }
    let source = try ImageSource(path: path, compute: compute)
    (kind, shape) = (.generator(source), (source.height, source.width, source.channels))
  }

  /// Opens all files and compares their shapes with the set's, before the first image is computed.
  static func all(
    _ paths: [String], like dataset: Dataset, compute: ComputeOptions
  ) throws(FileError) -> [MeasuredImages] {
    try paths.map { path throws(FileError) in
      let source = try MeasuredImages(path: path, compute: compute)
      try source.check(dataset, path)
      return source
    }
  }

  private func check(_ dataset: Dataset, _ path: String) throws(FileError) {
    guard shape == (dataset.height, dataset.width, dataset.channels) else {
      throw FileError(
        .badData, file: path, field: "images", found: "\(shape.height)x\(shape.width)x\(shape.channels)",
        wanted: "\(dataset.height)x\(dataset.width)x\(dataset.channels), as in \(dataset.path)",
        advice: "Measure it with the set that it was trained on.")
    }
  }

  /// Pixels u8 [count][height][width][channels] of the first `count` images.
  func pixels(_ count: Int) throws(FileError) -> [UInt8] {
    switch kind {
    case .generator(let source):
      return try source.pixels(LatentOptions.rows(of: source, (0..<UInt64(count)).map { $0 }))
    case .file(let images):
      let planes = images.floats()
      if let index = planes.firstIndex(where: { !$0.isFinite }) {
        throw FileError(
          .badData, file: images.file.path, field: "images", found: "\(planes[index]) at number \(index)",
          wanted: "finite numbers", advice: "Write the images anew: what made them has diverged.")
      }
      let (area, channels) = (shape.height * shape.width, shape.channels)
      return (0..<min(count, images.shape[0])).flatMap { n in
        (0..<(area * channels)).map { i in
          Pixel.byte(planes[n * area * channels + i % channels * area + i / channels])
        }
      }
    }
  }
}
