import ArgumentParser
import Foundation
import ThimbleData
import ThimbleNetworks
import ThimbleStorage
import ThimbleStudies

struct DedupCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dedup", abstract: "Remove near-duplicate images from a data set.",
    usage: "thimble dataset dedup <set> --output <output> [<options>]",
    discussion: """
      Trains a denoising autoencoder on the set (3072-128-3072, at 32x32) and turns each code into 128 bits. Of images \
      with the same bits, only the first stays; --radius allows that many bits to differ. --pairs lists the \
      duplicates, --sheet shows them.
      """)

  @Argument(help: "A data set file from `dataset pack`.") var set: String
  @Option(name: .shortAndLong, help: "The data set to write.") var output: String
  @Option(help: "How many of the 128 bits may differ.") var radius = 0
  @Option(help: "Training steps of the autoencoder, 128 images each.") var steps = 1000
  @Option(help: "A text file to write: lines of `first,later`, the indices of images that are alike.") var pairs:
    String?
  @Option(help: "A PNG to write: each column shows an image that stays and, below it, one that was removed.") var sheet:
    String?
  @OptionGroup var compute: ComputeOptions

  func validate() throws {
    guard (0...32).contains(radius) else { throw ValidationError("--radius takes a number from 0 to 32") }
    guard (1...1_000_000).contains(steps) else { throw ValidationError("--steps takes a number from 1 to 1000000") }
  }

  func run() throws {
    for written in [output, pairs, sheet] { try refuseSameFile(set, written) }
    try OutputKind.set.check(output)
    try OutputKind.text.check(pairs)
    try OutputKind.png.check(sheet)
    let dataset = try Dataset(path: set)
    let recipe = try dataset.measurable()
    let rows = unsafe SmallImages.rows(
      count: dataset.count, side: recipe.size, channels: recipe.channels, image: dataset.image)
    var bar = ProgressLine()
    let hash = SemanticHash(
      rows, length: SmallImages.length(side: recipe.size, channels: recipe.channels), steps: steps,
      workers: compute.workers, kernels: try compute.kernels()
    ) { done in
      bar.show("training the autoencoder", done, of: steps)
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
      "\(output): \(dataset.count - later.count) of \(dataset.count) images; \(later.count) removed as near-duplicates of an earlier one"
    )
    print(String(format: "the autoencoder's mean squared error: %.4f", hash.lastLoss))
  }

  private func write(_ dataset: Dataset, _ found: [(first: Int, later: Int)], to path: String) throws(FileError) {
    let batch = dataset.images(found.map(\.first) + found.map(\.later))
    try ImageWriter(format: .png).write(batch.sheet(GridSize(columns: found.count, rows: 2)), to: path)
  }
}
