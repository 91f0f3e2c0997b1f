import ArgumentParser
import Foundation
import ThimbleData
import ThimbleNetworks
import ThimbleStorage
import ThimbleStudies

struct DedupCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dedup", abstract: "A set without near-duplicates, so that a generator has less to memorise.",
    discussion: """
      An autoencoder is trained on the set (3072-128-3072, denoising, at 32x32); of images whose codes, thresholded to 128 bits, are \
      the same, the first one stays. --radius lets so many bits differ. --pairs lists what was found, --sheet shows it.
      """)

  @Argument(help: "A packed set.") var set: String
  @Option(name: .shortAndLong, help: "The set to write.") var output: String
  @Option(help: "Bits that may differ.") var radius = 0
  @Option(help: "Minibatches of 128 that the autoencoder is trained for.") var steps = 1000
  @Option(help: "A text file of `first,later`, the indices of the images that are alike.") var pairs: String?
  @Option(help: "A PNG: each column an image that stays, and below one that goes.") var sheet: String?
  @OptionGroup var compute: ComputeOptions

  func validate() throws {
    guard (0...32).contains(radius) else { throw ValidationError("--radius takes a number from 0 to 32") }
    guard (1...1_000_000).contains(steps) else { throw ValidationError("--steps takes a number from 1 to 1000000") }
  }

  func run() throws {
    for written in [output, pairs, sheet] { try refuseSameFile(set, written) }
    let dataset = try Dataset(path: set)
    let recipe = try dataset.measurable()
    let rows = SmallImages.rows(
      count: dataset.count, side: recipe.size, channels: recipe.channels, image: dataset.image)
    var bar = ProgressLine()
    let hash = SemanticHash(
      rows, length: SmallImages.length(side: recipe.size, channels: recipe.channels), steps: steps,
      workers: compute.workers, kernels: try compute.kernels()
    ) { done in
      bar.show { "training the autoencoder  \(done) of \(steps)" }
    }
    bar.finish()
    let found = hash.duplicates(radius: radius)
    let later = Set(found.map(\.later))
    try dataset.write(images: (0..<dataset.count).filter { !later.contains($0) }, to: output)
    if let pairs {
      try ImageFile.write(Array(found.map { "\($0.first),\($0.later)\n" }.joined().utf8), to: pairs)
    }
    if let sheet, !found.isEmpty { try write(dataset, Array(found.prefix(32)), to: sheet) }
    print(
      "\(output): \(dataset.count - later.count) of \(dataset.count) images; \(later.count) were like an earlier one")
    print(String(format: "the autoencoder's mean squared error: %.4f", hash.lastLoss))
  }

  private func write(_ dataset: Dataset, _ found: [(first: Int, later: Int)], to path: String) throws(FileError) {
    let batch = dataset.images(found.map(\.first) + found.map(\.later))
    try ImageWriter(format: .png).write(batch.sheet(GridSize(columns: found.count, rows: 2)), to: path)
  }
}
