import ArgumentParser
import Foundation
import Thimble
import ThimbleBatches
import ThimbleSampling
import ThimbleStorage
import ThimbleThreads

struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract:
      "Measure speed: of a generator (`thimble bench GENERATOR`) or of training (`thimble bench train RECIPE`).",
    subcommands: [GeneratorBench.self, TrainingBench.self], defaultSubcommand: GeneratorBench.self)
}

struct GeneratorBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generator",
    abstract: "Measure a generator: whole images, each layer, and the share of the processor's peak.",
    usage: "thimble bench generator <generator> [<options>]",
    discussion: """
      Multiply-accumulates (MAC) are counted as kernel x kernel / stride^2 taps per output pixel. The peak is the \
      speed of the instruction set's dot products on registers, measured in the same process. Run it on an idle \
      machine.

      With --latents and --json it can take part in a comparison with other engines: it writes the images of all rows \
      to -o, times runs on the first --batch rows for --seconds (0: no timing), and prints one JSON object as its last \
      line: median_ms and min_ms per run, and first_image_ms, from the start of the program to the first batch. --json \
      alone adds the layers.
      """)

  @Argument(help: "A .thimble file.") var generator: String
  @Option(help: "Images a run.") var batch = 1
  @Option(help: "Latents, as for `thimble sample` (default: seeds from 0).") var latents: String?
  @Option(
    name: .shortAndLong, help: "Where the images of all latents go: u8, height x width x channels, image after image.")
  var output: String?
  @Option(help: "Seconds to measure; 0 measures nothing.") var seconds = 1.0
  @Option(help: "Runs before the timed ones.") var warmup = 3
  @Flag(help: "Print one line of JSON instead of a table.") var json = false
  @OptionGroup var compute: ComputeOptions

  func validate() throws {
    guard (1...65_536).contains(batch) else { throw ValidationError("--batch takes a number from 1 to 65536") }
    guard (0...86_400).contains(seconds) else { throw ValidationError("--seconds takes a number from 0 to 86400") }
    guard (0...1_000_000).contains(warmup) else { throw ValidationError("--warmup takes a number from 0 to 1000000") }
    if output != nil && latents == nil { throw ValidationError("-o needs --latents") }
  }

  func run() throws {
    try refuseSameFile(generator, output)
    try OutputKind.pixels.check(output)
    if let latents { try refuseSameFile(latents, output) }
    try refuseCheckpoint()
    let before = json ? nil : ProcessMemory.residentByteCount
    let start = ProcessClock.now
    let model = try Model.open(generator)
    let load = ProcessClock.now - start
    let rows = try self.rows(model)
    let bench = try BenchedGenerator(model, path: generator, batch: batch, workers: compute.workers)
    try unsafe rows.withUnsafeBufferPointer { (rows) throws(FileError) in
      let first = unsafe UnsafeBufferPointer(rebasing: rows.prefix(batch * bench.latentLength))
      try unsafe bench.run(first)
      let firstImage = ProcessClock.sinceStart
      let after = json ? nil : ProcessMemory.residentByteCount
      if let output { try unsafe writeImages(bench, rows, to: output) }
      let runs =
        seconds > 0
        ? try Timing.of(seconds: seconds, warmup: warmup) { () throws(FileError) in try unsafe bench.run(first) } : nil
      let view = BenchView(bench: bench, workers: compute.workers)
      if !json { view.showHead(load: load, firstImage: firstImage, memory: (before, after)) }
      // As an engine of a comparison, it gives way as soon as its runs are timed.
      let wantsLayers = runs != nil && !(json && latents != nil)
      let layers = unsafe wantsLayers ? try LayerCost.all(layerBench(), first, seconds: seconds, warmup: warmup) : []
      let peak = wantsLayers ? PeakProbe.multiplyAccumulatesPerSecond(bench.instructionSet, compute.workers) : 0
      if json {
        printJSON(bench, runs, firstImage, layers, peak)
      } else if let runs {
        view.showTable(layers, runs, peak: peak)
      }
    }
  }

  private func printJSON(
    _ bench: BenchedGenerator, _ runs: Timing?, _ firstImage: Double, _ layers: [LayerCost], _ peak: Double
  ) {
    var line = BenchJSON()
    if let runs { line.add(runs) }
    line.add(firstImage: firstImage)
    if !layers.isEmpty { line.add(layers, bench, threads: compute.workers.count, peak: peak) }
    print(line.line)
  }

  /// The same model with all of its layers whole, so that each can be run alone.
  private func layerBench() throws(FileError) -> BenchedGenerator {
    try BenchedGenerator(
      Model.open(generator, plan: .wholeLayers), path: generator, batch: batch, workers: compute.workers)
  }

  /// The latents of the file, or of the first seeds: whole rows, at least a batch of them if runs are timed.
  private func rows(_ model: borrowing Model) throws(FileError) -> [Float] {
    let length = model.latentLength
    if let latents {
      let rows = try LatentFile.read(latents, length: length)
      guard rows.count >= batch || seconds == 0 else {
        throw FileError(
          .badData, file: latents, field: "latents", found: "\(rows.count) rows",
          wanted: "at least \(batch), one batch", advice: "Use a smaller --batch, or a file with more latents.")
      }
      return rows.values
    }
    return LatentBatch(model.latents, seeds: 0..<UInt64(batch)).values
  }

  private func refuseCheckpoint() throws(FileError) {
    if try ImageSource.isExported(generator) { return }
    throw FileError(
      .badData, file: generator, field: "kind of file", found: "not a .thimble file", wanted: "an exported generator",
      advice: "Export a checkpoint first: thimble export CHECKPOINT -o GENERATOR.thimble.")
  }

  /// The images of all rows, a batch at a time.
  private func writeImages(
    _ bench: BenchedGenerator, _ rows: UnsafeBufferPointer<Float>, to path: String
  ) throws(FileError) {
    let file = try AtomicFile(path: path)
    let length = batch * bench.latentLength
    for first in stride(from: 0, to: rows.count, by: length) {
      let part = unsafe rows[first..<min(first + length, rows.count)]
      try unsafe bench.run(UnsafeBufferPointer(rebasing: part))
      let byteCount = unsafe part.count / bench.latentLength * bench.imageByteCount
      try unsafe file.write(UnsafeRawBufferPointer(start: bench.pixels.baseAddress, count: byteCount))
    }
    try file.commit()
  }
}
