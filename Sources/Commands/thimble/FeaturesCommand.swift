import ThimbleStatistics
import ArgumentParser
import Foundation
import ThimbleData
import ThimbleStudies
import ThimbleNetworks
import ThimbleStorage

struct FeaturesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "features", abstract: "Compute a discriminator's features of a data set, for a classifier.",
    usage: "thimble features [<checkpoint>] --data <data> -o <output> [<options>]",
    discussion: """
      Takes the features of all layers, max-pools each map to a 4x4 grid, flattens and joins them (paper, section \
      5.1). Batch normalisation uses the mean batch statistics over --statistics; use the training set there, for the \
      training set and for the test set.

        thimble features NETWORKS --data TRAIN -o train.safetensors
        thimble features NETWORKS --data TEST --statistics TRAIN -o test.safetensors
        thimble classify train.safetensors test.safetensors

      For comparison there are --kind random (the same discriminator, untrained), pixels, and kmeans (centroids of \
      patches of --statistics). Pixels and k-means need no checkpoint. --mirrored and --shifts average over several \
      views of an image. This is often better, and slower in proportion. Use --mirrored only where a mirrored picture \
      means the same; a mirrored digit does not.
      """)

  enum Kind: String, ExpressibleByArgument, CaseIterable { case trained, random, pixels, kmeans }

  @Argument(help: "A checkpoint with a discriminator.") var checkpoint: String?
  @Option(help: "The data set to compute features of.") var data: String
  @Option(name: .shortAndLong, help: "The feature file to write.") var output: String
  @Option(help: "The data set for batch statistics or centroids (default: that of --data).")
  var statistics: String?
  @Option(help: "What to compute features with.") var kind = Kind.trained
  @Option(help: "Number of k-means centroids (default: 1600).") var centroids: Int?
  @Flag(help: "Average over each image and its mirror image. Not in the paper.")
  var mirrored = false
  @Option(
    help: "Average over each image and its shifts by this many pixels to each side, such as 2 or 2,4. Not in the paper."
  )
  var shifts: PositiveNumbers?
  @OptionGroup var compute: ComputeOptions

  func validate() throws {
    let needsCheckpoint = kind == .trained || kind == .random
    guard needsCheckpoint == (checkpoint != nil) else {
      throw ValidationError(
        needsCheckpoint
          ? "name a checkpoint with a discriminator" : "leave out the checkpoint: --kind \(kind) does not use one")
    }
    guard (2...16_384).contains(centroids ?? 2) else {
      throw ValidationError("--centroids takes a number from 2 to 16384")
    }
    guard centroids == nil || kind == .kmeans else { throw ValidationError("--centroids needs --kind kmeans") }
    guard statistics == nil || kind != .pixels else {
      throw ValidationError("leave out --statistics: --kind pixels does not use them")
    }
  }

  func run() throws {
    for input in [data, statistics, checkpoint] { if let input { try refuseSameFile(input, output) } }
    try OutputKind.features.check(output)
    try AtomicFile.checkFolder(of: output)
    let set = try Dataset(path: data)
    let source = try statistics.map { path throws(FileError) in try Dataset(path: path) } ?? set
    guard source.height == set.height, source.width == set.width, source.channels == set.channels else {
      throw FileError(
        .badData, file: source.path, field: "images", found: source.shapeText,
        wanted: "\(set.shapeText), as in \(data)",
        advice: "Pack both sets with the same --size and colours.")
    }
    if let shift = shifts?.numbers.last, shift >= min(set.height, set.width) {
      throw FileError(
        .usage, file: data, field: "--shifts", found: "\(shift)",
        wanted: "less than the sides of \(set.shapeText)", advice: "Shift by a few pixels, for example --shifts 2.")
    }
    var bar = ProgressLine()
    let base = try extractor(set, source, &bar)
    let extractor: any FeatureExtractor =
      mirrored || shifts != nil ? ViewFeatures(base, of: set, mirrored: mirrored, shifts: shifts?.numbers ?? []) : base
    try FeatureFile.write(extractor, of: set, to: output) { done in
      bar.show("features", done, of: set.count, "images")
    }
    bar.finish()
    print("\(output): \(extractor.length) features of each of \(set.count) images (\(extractor.summary))")
    if set.labels == nil { tell("\(data) has no labels: its features cannot be classified") }
  }

  private func extractor(
    _ set: Dataset, _ source: Dataset, _ bar: inout ProgressLine
  ) throws(FileError) -> any FeatureExtractor {
    let (workers, kernels) = (compute.workers, try compute.kernels())
    switch kind {
    case .pixels: return PixelFeatures(height: set.height, width: set.width, channels: set.channels)
    case .trained, .random:
      let stored = try StoredDiscriminator(path: checkpoint!)
      try DiscriminatorFeatures.check(stored, set)
      return try DiscriminatorFeatures(
        stored, random: kind == .random, statistics: source, workers: workers, kernels: kernels
      ) { done, of in
        bar.show("statistics", done, of: of, "minibatches")
      }
    case .kmeans:
      let centroids = centroids ?? 1600
      try PatchFeatures.check(set, centroids: centroids)
      let dictionary = PatchDictionary(source, centroids: centroids, workers: workers, kernels: kernels) { round in
        bar.show("k-means", round, of: PatchDictionary.rounds, "rounds")
      }
      return PatchFeatures(dictionary, side: set.height, channels: set.channels, workers: workers, kernels: kernels)
    }
  }
}
