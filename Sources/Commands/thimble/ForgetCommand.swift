import ArgumentParser
import Foundation
import Thimble
import ThimbleBatches
import ThimbleSampling
import ThimbleStatistics
import ThimbleNetworks
import ThimbleStorage
import ThimbleStudies

struct ForgetCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "forget", abstract: "Remove an object from a generator by dropping the maps that draw it.",
    usage: "thimble forget <checkpoint> --output <output> [<options>]",
    discussion: """
      First make sheets with a mark at every eighth pixel, and write down boxes around the object: lines of \
      `seed,left,top,right,bottom` in pixels. A line with only a seed is a sample without the object. From these boxes \
      the command makes the generator that leaves the object out.

        thimble forget rooms.safetensors --sheet 0-29 -o sheet.png
        thimble forget rooms.safetensors --boxes windows.csv -o forgetful.safetensors
        thimble export forgetful.safetensors -o forgetful.thimble
      """)

  @Argument(help: "A checkpoint.") var checkpoint: String
  @Option(help: "The file of boxes.") var boxes: String?
  @Option(name: .shortAndLong, help: "The checkpoint to write; with --sheet, the PNG.") var output: String
  @Option(help: "A PNG to write: the samples with boxes, above before, below after.") var compare: String?
  @Option(help: "Which maps to drop: those with positive weight, or all with a weight other than zero.")
  var rule: Forgetting.Rule = .positive
  @Option(help: "The hidden layer (default: the last but one).") var layer: String?
  @Option(help: "The L1 penalty of the regression. A larger one drops fewer maps.") var penalty = 0.01
  @Option(help: "Write a sheet of these seeds instead.") var sheet: SeedList?
  @OptionGroup var compute: ComputeOptions

  func validate() throws {
    if (boxes != nil) == (sheet != nil) { throw ValidationError("give either --boxes or --sheet") }
    guard penalty >= 0, penalty <= 10 else { throw ValidationError("--penalty takes a number from 0 to 10") }
    guard compare != output else { throw ValidationError("-o and --compare name the same file") }
    if let sheet, sheet.seeds.count > 500 { throw ValidationError("--sheet takes at most 500 seeds") }
  }

  func run() throws {
    for written in [output, compare] {
      try refuseSameFile(checkpoint, written)
      if let boxes { try refuseSameFile(boxes, written) }
    }
    try (sheet == nil ? OutputKind.checkpoint : .png).check(output)
    try OutputKind.png.check(compare)
    guard try !ImageSource.isExported(checkpoint) else {
      throw FileError(
        .badData, file: checkpoint, field: "kind of file", found: "an exported generator", wanted: "a checkpoint",
        advice: "`thimble forget` needs f32 weights: name the checkpoint that this file was exported from.")
    }
    let stored = try StoredGenerator(path: checkpoint)
    if let sheet {
      let source = try ImageSource(path: checkpoint, compute: compute)
      let images = try source.pixels(source.latents(sheet.seeds))
      let image = NumberedSheet(images, seeds: sheet.seeds, columns: 6, scale: 4, rulers: true).image
      try ImageWriter(format: .png).write(image, to: output)
      return print("\(output): \(sheet.seeds.count) samples")
    }
    try forget(stored, Boxes(path: boxes!, width: stored.imageSide, height: stored.imageSide))
  }

  private func forget(_ stored: StoredGenerator, _ boxes: Boxes) throws(FileError) {
    let network = stored.network(capacity: 128, workers: compute.workers, kernels: try compute.kernels())
    let statistics = stored.statistics ?? network.freeze(stored.latents)
    network.setStatistics(statistics)
    let source = try ImageSource(path: checkpoint, compute: compute)
    let latents = source.latents(boxes.seeds)
    let study = try Forgetting(
      stored, network, boxes, latents: latents, layer: layer, rule: rule, penalty: penalty, file: self.boxes!)
    guard !study.dropped.isEmpty else {
      throw FileError(
        .badData, file: self.boxes!, field: "maps to drop", found: "none",
        wanted: "at least one map that draws the object",
        advice: "Use a smaller --penalty, or draw tighter boxes.")
    }
    let forgetful = stored.dropping(study.dropped, of: study.layer)
    try forgetful.write(statistics: statistics, to: output)
    let before = try source.pixels(latents)
    let after = try ImageSource(path: output, compute: compute).pixels(latents)
    let change = ChangeInBoxes(
      before.pixels, after.pixels, boxes, width: source.width, height: source.height, channels: source.channels)
    if let compare { try writeComparison(boxes, before, after, to: compare) }
    print(
      String(
        format: "accuracy %.1f %% on %d positions of samples held out, %.1f %% on the %d that it was fitted on",
        100 * study.accuracy.heldOut, study.positions.heldOut, 100 * study.accuracy.fitted, study.positions.fitted))
    print(
      "\(study.layer): \(study.dropped.count) of \(study.weights.count) maps dropped, those of \(rule.rawValue) weight")
    print(
      String(
        format: "change in bytes: %.2f inside the boxes, %.2f outside, %.2f times as much", change.inside,
        change.outside, change.ratio))
    print(output)
  }

  private func writeComparison(
    _ boxes: Boxes, _ before: ImageBatch<UInt8>, _ after: ImageBatch<UInt8>, to path: String
  ) throws(FileError) {
    let columns = 16
    let marked = boxes.boxes.indices.filter { !boxes.boxes[$0].isEmpty }
    var pixels: [UInt8] = []
    for first in stride(from: 0, to: marked.count, by: columns) {
      for images in [before, after] {
        for column in first..<(first + columns) {
          pixels +=
            column < marked.count
            ? Array(images[marked[column]]) : [UInt8](repeating: 255, count: images.imageSize)
        }
      }
    }
    let batch = ImageBatch(pixels: pixels, like: before)
    try ImageWriter(format: .png).write(
      batch.sheet(GridSize(columns: columns, rows: batch.count / columns)), to: path)
  }
}

extension Forgetting.Rule: ExpressibleByArgument {}
