import ArgumentParser
import Foundation
import Thimble
import ThimbleBatches
import ThimbleData
import ThimbleSampling
import ThimbleStorage
import ThimbleTraining

struct SampleCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sample", abstract: "Make images with a generator.",
    discussion: """
      With a .thimble file, the pixels depend only on the file and the seed: they are the same bytes on every machine. \
      With a checkpoint, they are those of the f32 network with frozen statistics.

        thimble sample faces.thimble --grid 8x8 -o grid.png    seeds 0 to 63
        thimble sample faces.thimble 85 265 --outdir out       out/seed0085.png ...
        thimble sample faces.thimble 85 --raw > pixels.u8
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case png, ppm, raw, y4m, safetensors

    var kind: OutputKind {
      switch self {
      case .png: .png
      case .ppm: OutputKind(words: "a picture in PPM or PGM", endings: ["ppm", "pgm", "pnm"])
      case .raw: .pixels
      case .y4m: OutputKind(words: "a film in Y4M", endings: ["y4m"])
      case .safetensors: OutputKind(words: "images in safetensors", endings: ["safetensors"])
      }
    }
  }

  @Argument(help: "A .thimble file or a checkpoint.") var generator: String
  @Argument(help: ArgumentHelp("Seeds, such as 7 or 600-605.", valueName: "seed")) var positionalSeeds: [SeedList] = []
  @OptionGroup var latents: LatentOptions
  @Option(help: "Put the images on one sheet of columns x rows. Without seeds, it starts at seed 0.") var grid:
    GridSize?
  @Option(name: .shortAndLong, help: "The file to write. Its ending chooses the format.") var output: String?
  @Option(help: "A folder to write one file per image to.") var outdir: String?
  @Option(help: "The format, where the ending does not say it.") var format: Format?
  @Flag(help: "Same as --format raw: u8, height x width x channels, image after image.") var raw = false
  @OptionGroup var compute: ComputeOptions

  func validate() throws {
    if output != nil && outdir != nil { throw ValidationError("give -o or --outdir, not both") }
    if outdir != nil && grid != nil { throw ValidationError("a grid is one file: give -o, not --outdir") }
    if output == nil && outdir == nil && isatty(STDOUT_FILENO) == 1 {
      throw ValidationError("say where the images go: -o FILE, --outdir DIR, or a pipe")
    }
    if !raw && format == nil && !["", "pgm"].contains(ending) && Format(rawValue: ending) == nil {
      throw ValidationError("-o: no format has the ending .\(ending): name one with --format")
    }
    if resolvedFormat == .safetensors && (output == nil || grid != nil) {
      throw ValidationError("safetensors goes to a file, without --grid: -o FILE.safetensors")
    }
  }

  /// The ending of the output's name, which sets the format.
  private var ending: String { output.map { ($0 as NSString).pathExtension.lowercased() } ?? "" }

  private var resolvedFormat: Format {
    if raw { return .raw }
    return format ?? Format(rawValue: ending) ?? (ending == "pgm" ? .ppm : .png)
  }

  func run() throws {
    for input in [generator, latents.latents] { if let input { try refuseSameFile(input, output) } }
    try resolvedFormat.kind.check(output)
    if let outdir { try OutputKind.refuseFile(asFolder: outdir) }
    let source = try ImageSource(path: generator, compute: compute)
    let writer = ImageWriter(format: resolvedFormat)
    try writer.check(channels: source.channels, isSheet: grid != nil, file: generator)
    let (rows, names) = try latents.rows(
      of: source, positional: positionalSeeds, fallback: grid.map { $0.columns * $0.rows } ?? 1)
    if let grid, grid.columns * grid.rows < rows.count {
      throw ValidationError(
        "a grid of \(grid.columns)x\(grid.rows) has no room for \(rows.count) images")
    }
    if resolvedFormat == .safetensors { return try writeTensor(source, rows) }
    let images = try source.pixels(rows)
    if let outdir { return try writeFolder(images, names, outdir) }
    // A PNG is one picture: several images become a sheet.
    let sheet = grid ?? (resolvedFormat == .png && images.count > 1 ? images.squareGrid : nil)
    try writer.write(sheet.map { images.sheet($0) } ?? images, to: output)
    if let output { tell("\(output): \(images.count) image\(images.count == 1 ? "" : "s")") }
  }

  private func writeFolder(_ images: ImageBatch<UInt8>, _ names: (Int) -> String, _ folder: String) throws {
    try Folder.create(folder)
    let writer = ImageWriter(format: resolvedFormat)
    for index in 0..<images.count {
      try writer.write(images[index..<(index + 1)], to: "\(folder)/\(names(index)).\(writer.ending)")
    }
    tell("\(folder): \(images.count) files")
  }

  /// One f32 tensor `images`, N x C x H x W, in [-1, 1].
  private func writeTensor(_ source: ImageSource, _ rows: LatentBatch) throws {
    let images = try source.images(rows)
    let shape = [images.count, images.channels, images.height, images.width]
    var writer = try SafetensorsWriter(path: output!, metadata: [:], entries: [.init("images", .f32, shape)])
    try writer.append(images.planes)
    try writer.commit()
    tell("\(output!): \(images.count) image\(images.count == 1 ? "" : "s"), f32")
  }
}
