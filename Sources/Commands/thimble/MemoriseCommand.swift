import ArgumentParser
import Foundation
import Thimble
import ThimbleBatches
import ThimbleData
import ThimbleSampling
import ThimbleStatistics
import ThimbleNetworks
import ThimbleStorage
import ThimbleStudies

struct MemoriseCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "memorise",
    abstract: "Check whether a generator repeats its training images.",
    usage: "thimble memorise <generators> ... --data <data> [<options>]",
    discussion: """
      Prints for each generator: the median distance from a sample to its nearest training image, divided by that from \
      a training image to its nearest other one (1 or more: no nearer than images of the set are to each other); the \
      share of samples that are nearer to a training image than 99 in 100 training images are (1 % is usual), with a \
      95 % interval; exact copies; and the 1-NN test, which falls below 50 % for copies. Add the checkpoint of the \
      first pass to compare with a generator that saw each image only once.

        thimble memorise first-pass.safetensors faces.thimble --data SET.safetensors

      -o shows the last generator's nearest samples, each above its neighbour in pixels and in features. That picture \
      contains training images: mind their licence.
      """)

  @Argument(help: ".thimble files, checkpoints, or safetensors files with `images`.") var generators: [String]
  @Option(help: "The data set that was trained on.") var data: String
  @Option(help: "Samples per generator, and training images to compare them with.") var samples = 1000
  @Option(name: .shortAndLong, help: "A PNG to write; it contains training images.") var output: String?
  @OptionGroup var compute: ComputeOptions

  func validate() throws {
    guard (64...20_000).contains(samples) else { throw ValidationError("--samples takes a number from 64 to 20000") }
  }

  func run() throws {
    try refuseSameFile(data, output)
    try OutputKind.png.check(output)
    for generator in generators { try refuseSameFile(generator, output) }
    let dataset = try Dataset(path: data)
    let recipe = try dataset.measurable()
    let sources = try MeasuredImages.all(
      generators, like: dataset, workers: compute.workers, freezing: ComputeOptions.freezing())
    let (side, channels, workers) = (recipe.size, recipe.channels, compute.workers)
    let extractor = RandomFeatures(side: side, channels: channels, workers: workers, kernels: try compute.kernels())
    let spaces: [(name: String, length: Int, rows: (Int, (Int) -> UnsafeRawBufferPointer) -> [Float])] = unsafe [
      (
        "pixels", SmallImages.length(side: side, channels: channels),
        { unsafe SmallImages.rows(count: $0, side: side, channels: channels, image: $1) }
      ), ("features", RandomFeatures.length, { unsafe extractor.features(count: $0, image: $1) }),
    ]
    print("\(dataset.name): \(dataset.count) images")
    print("space      distance   nearer than 99 in 100    exact   1-NN (95 % interval)")
    var shown: [[NearestNeighbours.Found]] = []
    let batches = try sources.map { source throws(FileError) in try source.pixels(samples) }
    for index in unsafe spaces.indices {
      let space = unsafe spaces[index]
      let set = unsafe space.rows(dataset.count, dataset.image)
      let own = unsafe Memorisation.ownDistances(set, count: samples, length: space.length, workers: workers)
      for (path, batch) in zip(generators, batches) {
        let rows = unsafe batch.withImages { unsafe space.rows(batch.count, $0) }
        let study = unsafe Memorisation(rows, set, own: own, length: space.length, workers: workers)
        let pairs = min(batch.count, dataset.count)
        let real = (0..<pairs).flatMap { n in
          let at = n * dataset.count / pairs
          return unsafe set[(at * space.length)..<((at + 1) * space.length)]
        }
        let test = unsafe NearestNeighbours.twoSampleAccuracy(
          real, Array(rows.prefix(pairs * space.length)), length: space.length, workers: workers)
        let name = unsafe space.name.padding(toLength: 9, withPad: " ", startingAt: 0)
        print(
          String(
            format: "%@   %6.3f   %5.1f %% (%4.1f to %4.1f)   %6d   %5.1f %% (%4.1f to %4.1f)  ", name, study.ratio,
            100 * study.closer.value, 100 * study.closer.low, 100 * study.closer.high, study.exact,
            100 * test.all.value, 100 * test.all.low, 100 * test.all.high) + FileError.printable(path))
        if path == generators.last { shown.append(study.nearest) }
      }
    }
    if let output { try write(dataset, batches.last!, shown, to: output) }
  }

  /// Columns: the sixteen samples that come nearest in pixels, their neighbours in pixels, their neighbours in features.
  private func write(
    _ dataset: Dataset, _ images: ImageBatch<UInt8>, _ found: [[NearestNeighbours.Found]], to path: String
  ) throws(FileError) {
    let order = found[0].indices.sorted { found[0][$0].squaredDistance < found[0][$1].squaredDistance }.prefix(16)
    let samples = order.flatMap { images[$0] }
    let neighbours = found.flatMap { space in order.flatMap { unsafe Array(dataset.image(space[$0].index)) } }
    let batch = ImageBatch(pixels: samples + neighbours, like: images)
    try ImageWriter(format: .png).write(batch.sheet(GridSize(columns: order.count, rows: 3)), to: path)
    tell("\(path): samples, nearest in pixels, nearest in features")
  }
}
