import ArgumentParser
import Foundation
import Thimble
import ThimbleNetworks
import ThimbleQuantization
import ThimbleSampling
import ThimbleStorage

struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Quantise a trained generator into one .thimble file.",
    usage: "thimble export <checkpoint> --output <output> [<options>]")

  @Argument(help: "A checkpoint.") var checkpoint: String
  @Option(name: .shortAndLong, help: "The .thimble file to write.") var output: String
  @Option(help: "How weights are stored. The last layer is always int8.") var weights = WeightEncoding.int8
  @Option(help: "Working memory for one image at most, in bytes: 24576 or 24K. The fastest plan that fits is used.")
  var arena: ByteCount?
  @Option(help: "Number of latents used to choose the ranges of activations.") var calibrate = 8192
  @Option(help: "The generator's name (default: the data set's name).") var name: String?
  @OptionGroup var compute: ComputeOptions

  func validate() throws {
    guard (16...65_536).contains(calibrate) else {
      throw ValidationError("--calibrate takes a number from 16 to 65536")
    }
  }

  func run() throws {
    try refuseSameFile(checkpoint, output)
    try OutputKind.generator.check(output)
    try Self.refuseExported(checkpoint, wanted: "a checkpoint")
    let stored = try StoredGenerator(path: checkpoint)
    var exporter = Exporter(workers: compute.workers, instructionSet: try .current())
    try stored.checkMemory(
      capacity: FrozenStatistics.batchSize, file: checkpoint, workers: compute.workers, kernels: compute.kernels())
    exporter.calibrationCount = calibrate
    exporter.weights = weights
    exporter.largestArena = arena?.count
    var bar = ProgressLine()
    let report = try exporter.export(stored, metadata: Self.metadata(stored, name: name), to: output) {
      phase, done, total in
      bar.show(phase, done, of: total)
    }
    bar.finish()
    for note in stored.notes { print(FileError.printable(note)) }
    show(report)
  }

  /// Refuses an exported generator where networks in f32 are needed. Throws `badData`.
  static func refuseExported(_ path: String, wanted: String) throws(FileError) {
    guard try ImageSource.isExported(path, byName: false) else { return }
    throw FileError(
      .badData, file: path, field: "kind of file", found: "a .thimble file, already exported", wanted: wanted,
      advice:
        "Sample this file as it is: thimble sample \(quoted(path)). For other weights, name what it was exported from.")
  }

  /// What travels in the file.
  static func metadata(_ stored: StoredGenerator, name: String?) -> [String: String] {
    var metadata = ["name": name ?? stored.metadata["data_name"] ?? "generator"]
    let kept = [
      "data_name", "data_digest", "data_licence", "license", "source", "recipe", "step", "arithmetic", "digest",
      "geometry",
      "latent",
    ]
    for key in kept {
      if let value = stored.metadata[key] { metadata[key == "digest" ? "checkpoint_digest" : key] = value }
    }
    // Networks without optimiser tell the checkpoint that they were taken from: they give the same file as that.
    if let digest = stored.metadata["checkpoint_digest"] { metadata["checkpoint_digest"] = digest }
    return metadata
  }

  private func show(_ report: ExportReport) {
    func pad(_ text: String, _ width: Int) -> String {
      String(repeating: " ", count: max(0, width - text.count)) + text
    }
    func number(_ value: Double?, _ digits: Int = 1) -> String {
      value.map { String(format: "%.\(digits)f", $0) } ?? "-"
    }
    print("layer     shape                        weights     range   largest     SNR dB")
    for layer in report.layers {
      print(
        layer.name.padding(toLength: 10, withPad: " ", startingAt: 0)
          + layer.shape.padding(toLength: 26, withPad: " ", startingAt: 0) + pad("\(layer.weightByteCount)", 10)
          + pad(number(layer.range, 3), 10) + pad(number(layer.largest, 3), 10) + pad(number(layer.signalToNoise), 11))
    }
    let q = report.quality
    print("\(weights) against f32, seeds 0-\(report.imageCount - 1)")
    print("  PSNR      mean \(number(q.meanPSNR)) dB, worst \(number(q.worstPSNR)) dB")
    print("  SSIM      \(number(q.meanSSIM, 4))")
    if let gap = report.frozenAgainstBatch { print("frozen against batch statistics, f32: \(number(gap)) dB") }
    print("bytes       \(report.floatByteCount) of f32 weights -> \(report.fileByteCount) in \(output)")
    print("arena       \(report.memory.arenaByteCount) bytes for one image: \(report.memory.description)")
  }
}

extension WeightEncoding: ExpressibleByArgument {}

/// `24576`, `24K` or `1M`, in units of 1024.
struct ByteCount: ExpressibleByArgument {
  var count: Int

  init?(argument: String) {
    let units: [Character: Int] = ["K": 1024, "M": 1 << 20]
    let unit = argument.last.flatMap { units[Character($0.uppercased())] }
    guard let number = Int(unit == nil ? argument : String(argument.dropLast())), number > 0, number <= 1 << 30 else {
      return nil
    }
    count = number * (unit ?? 1)
  }
}
