import ArgumentParser
import Foundation
import Thimble
import ThimbleData
import ThimbleSampling
import ThimbleStatistics
import ThimbleStorage

struct NeighboursCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "neighbours",
    abstract: "Test how well generated images of each class replace real ones (nearest neighbour).",
    usage: "thimble neighbours <train> <test> [<options>]",
    discussion: """
      Gives each image of TEST the class of its nearest image, in pixels: among the samples of a generator with \
      classes, or among a real data set (paper, appendix). A seed's sample has the class seed modulo the number of \
      classes.

        thimble neighbours digits.thimble TEST.safetensors
        thimble neighbours TRAIN.safetensors TEST.safetensors    real images
      """)

  @Argument(help: "A generator or checkpoint with classes, or a data set with labels.") var train: String
  @Argument(help: "A data set with labels.") var test: String
  @Option(help: "Number of images to search for neighbours: seeds from 0, or spread evenly over the data set.")
  var samples = 50_000
  @OptionGroup var compute: ComputeOptions

  func validate() throws {
    guard (1...1_000_000).contains(samples) else { throw ValidationError("--samples takes a number from 1 to 1000000") }
  }

  func run() throws {
    let tested = try Dataset(path: test)
    let wanted = try ClassNames.required(tested.labels, in: test)
    let known = try known(tested)
    let classes = Set(known.labels)
    if let label = wanted.first(where: { !classes.contains($0) }) {
      throw FileError(
        .badData, file: test, field: "labels", found: "class \(label)",
        wanted: "one of the \(classes.count) classes of \(train)",
        advice: "Name a set with the same classes, and use at least as many --samples as there are classes.")
    }
    let found = try nearest(tested, known)
    var (wrong, all): ([Int32: Int], [Int32: Int]) = ([:], [:])
    for (neighbour, label) in zip(found, wanted) {
      all[label, default: 0] += 1
      if known.labels[neighbour.index] != label { wrong[label, default: 0] += 1 }
    }
    let error = Share(wrong.values.reduce(0, +), of: tested.count)
    print(
      String(
        format: "error %.2f %% (%.2f to %.2f): %d images of %@ by the nearest of %d of ", 100 * error.value,
        100 * error.low, 100 * error.high, tested.count, FileError.printable(tested.name), known.labels.count)
        + FileError.printable(train))
    let shares = all.keys.sorted().map { label in
      String(format: "%d: %.2f %%", label, 100 * Double(wrong[label] ?? 0) / Double(all[label]!))
    }
    print("of each class: \(shares.joined(separator: ", "))")
  }

  /// Images that are held as f32 at a time, of either side, and their bytes, at most.
  private static let part = (count: 4096, byteCount: 1 << 26)

  private func nearest(_ tested: Dataset, _ known: Known) throws -> [NearestNeighbours.Found] {
    var found = [NearestNeighbours.Found](
      repeating: .init(index: 0, squaredDistance: .infinity), count: tested.count)
    let part = max(1, min(Self.part.count, Self.part.byteCount / (4 * tested.imageByteCount)))
    var bar = ProgressLine()
    for first in stride(from: 0, to: known.labels.count, by: part) {
      let end = min(first + part, known.labels.count)
      let rows = try known.pixels(first..<end).map(Float.init)
      for start in stride(from: 0, to: tested.count, by: part) {
        let queries = (start..<min(start + part, tested.count)).flatMap { unsafe tested.image($0).map(Float.init) }
        let near = NearestNeighbours.nearest(
          queries, among: rows, length: tested.imageByteCount, workers: compute.workers)
        for (query, nearer) in near.enumerated()
        where nearer.squaredDistance < found[start + query].squaredDistance {
          found[start + query] = .init(index: first + nearer.index, squaredDistance: nearer.squaredDistance)
        }
      }
      bar.show("compared with", end, of: known.labels.count, "images")
    }
    bar.finish()
    return found
  }

  /// Images whose classes are known.
  private struct Known {
    var labels: [Int32]
    /// Of a part of them, u8.
    var pixels: (Range<Int>) throws(FileError) -> [UInt8]
  }

  private func known(_ tested: Dataset) throws(FileError) -> Known {
    func check(_ height: Int, _ width: Int, _ channels: Int) throws(FileError) {
      guard (height, width, channels) == (tested.height, tested.width, tested.channels) else {
        throw FileError(
          .badData, file: tested.path, field: "images", found: tested.shapeText,
          wanted: "\(height)x\(width), \(channels == 1 ? "grey" : "colour"), as of \(train)",
          advice: "Pack the set again with --size.")
      }
    }
    if try !ImageSource.isExported(train),
      try SafetensorsFile(path: train).metadata["format"]?.hasPrefix("thimble-dataset") == true
    {
      let set = try Dataset(path: train)
      let (labels, count) = (try ClassNames.required(set.labels, in: train), min(samples, set.count))
      try check(set.height, set.width, set.channels)
      try ClassNames.check(tested.labelNames, in: tested.path, as: set.labelNames, of: train)
      // Spread over the set: it may be sorted by class.
      let chosen = (0..<count).map { $0 * set.count / count }
      return Known(labels: chosen.map { labels[$0] }) { $0.flatMap { unsafe Array(set.image(chosen[$0])) } }
    }
    var source = try ImageSource(path: train, compute: compute)
    try check(source.height, source.width, source.channels)
    let classes = UInt64(source.latents.classes)
    guard classes > 0 else {
      throw FileError(
        .badData, file: train, field: "classes", found: "none", wanted: "a generator with classes",
        advice: "Train one with the recipe's `classes` set to the number of classes in the set.")
    }
    try source.freeze()
    return Known(labels: (0..<UInt64(samples)).map { Int32($0 % classes) }) { [source] part throws(FileError) in
      try source.pixels(source.latents(part.map(UInt64.init))).pixels
    }
  }
}
