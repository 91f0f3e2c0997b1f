import ArgumentParser
import Foundation
import ThimbleBatches
import ThimbleData
import ThimbleNetworks
import ThimbleStorage
import ThimbleStudies
import ThimbleTraining

struct FiltersCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "filters", abstract: "Show what a discriminator's last features respond to (guided backpropagation).",
    usage: "thimble filters <checkpoint> --data <data> [<options>]",
    discussion: """
      Writes trained.png, and random.png for a discriminator with random weights. Each row is one feature: the images \
      of a batch that excite it most, showing only the pixels that do so. --images also writes the images themselves \
      to images.png; mind their licence.

        thimble filters faces.safetensors --data SET.safetensors --outdir filters
      """)

  @Argument(help: "A checkpoint with a discriminator.") var checkpoint: String
  @Option(help: "The data set to take the batch from.") var data: String
  @Option(help: "Images in the batch.") var batch = 512
  @Option(help: "Number of features, from the first.") var features = 6
  @Option(help: "Images per feature.") var strongest = 8
  @Flag(help: "Also write the images themselves.") var images = false
  @Option(help: "The folder to write to.") var outdir = "filters"
  @OptionGroup var compute: ComputeOptions

  func validate() throws {
    guard (2...1024).contains(batch) else { throw ValidationError("--batch takes a number from 2 to 1024") }
    guard features >= 1, strongest >= 1, strongest <= batch else {
      throw ValidationError("--features takes a number from 1, --strongest a number from 1 to the value of --batch")
    }
  }

  func run() throws {
    try OutputKind.refuseFile(asFolder: outdir)
    let stored = try StoredDiscriminator(path: checkpoint)
    try stored.checkPlain()
    let dataset = try Dataset(path: data)
    try TrainingRun.check(stored.recipe, dataset)
    let count = min(batch, dataset.count)
    let most = stored.recipe.discriminatorWidths.last!
    guard features <= most, strongest <= count else {
      throw FileError(
        .usage, file: checkpoint, field: "--features, --strongest", found: "\(features), \(strongest)",
        wanted: "at most \(most) features and \(count) images", advice: "Ask for fewer.")
    }
    let chosen = (0..<count).map { $0 * dataset.count / count }
    let real = dataset.images(chosen)
    let scaled = stored.recipe.scaledBytes
    let floats = real.pixels.map { scaled[Int($0)] }
    try Folder.create(outdir)
    for (name, random) in [("trained", false), ("random", true)] {
      let network = try stored.network(
        capacity: count, random: random, workers: compute.workers, kernels: try compute.kernels())
      let study = FilterStudy(network, images: floats, count: count, features: features, strongest: strongest)
      try write(dataset, study.gradients.flatMap { $0.flatMap(FilterStudy.pixels) }, "\(outdir)/\(name).png")
      print(String(format: "%@: the strongest response is %.1f times the mean one", name, study.selectivity))
      if images && !random {
        let shown = study.responses.flatMap { $0.flatMap { real[$0.image] } }
        try write(dataset, shown, "\(outdir)/images.png")
      }
    }
    print("\(outdir): a row a feature, \(strongest) of \(count) images")
  }

  private func write(_ dataset: Dataset, _ pixels: [UInt8], _ path: String) throws(FileError) {
    let batch = ImageBatch(pixels: pixels, height: dataset.height, width: dataset.width, channels: dataset.channels)
    try ImageWriter(format: .png).write(batch.sheet(GridSize(columns: strongest, rows: features)), to: path)
  }
}
