import ArgumentParser
import Foundation
import Thimble
import ThimbleBatches
import ThimbleData
import ThimbleSampling
import ThimbleStorage
import ThimbleStudies
import ThimbleTraining

struct WalkCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "walk", abstract: "Walk through the latent space in small steps.",
    usage: "thimble walk <generator> [<options>]",
    discussion: """
      Writes into --outdir: strip-1-2.png for each pair of seeds, grid.png of all pairs, walk.y4m (a film), walk.png \
      (an animation for browsers) and latents.safetensors, from which `thimble sample --latents` makes the same images \
      anywhere. Without --seeds it walks between nine points, as in the paper's figure 4.

        thimble walk faces.thimble --seeds 1,2,3 --frames 16 --outdir walk
      """)

  @Argument(help: "A .thimble file or a checkpoint.") var generator: String
  @Option(help: "The seeds to walk through.") var seeds: SeedList = SeedList(argument: "0-8")!
  @Option(help: "Images per pair of seeds.") var frames = 16
  @Flag(help: "Walk on a great circle instead of a straight line.") var spherical = false
  @Flag(help: "Return to the first seed at the end, so that the film can repeat.") var loop = false
  @Option(help: "Frames per second of the animation.") var rate = 12
  @Option(help: "The folder to write to.") var outdir = "walk"
  @OptionGroup var compute: ComputeOptions

  func validate() throws {
    guard seeds.seeds.count >= 2 else { throw ValidationError("--seeds takes at least two seeds") }
    guard (1...1000).contains(frames) else { throw ValidationError("--frames takes a number from 1 to 1000") }
    guard (1...240).contains(rate) else { throw ValidationError("--rate takes a number from 1 to 240") }
    guard seeds.seeds.count * frames <= 20_000 else {
      throw ValidationError("\(seeds.seeds.count * frames) frames are too many: a walk has at most 20000")
    }
  }

  func run() throws {
    try OutputKind.refuseFile(asFolder: outdir)
    let source = try ImageSource(path: generator, compute: compute)
    try ImageWriter(format: .png).check(channels: source.channels, isSheet: true, file: generator)
    let seeds = self.seeds.seeds + (loop ? [self.seeds.seeds[0]] : [])
    let walk = LatentWalk(
      points: source.latents(seeds), frames: frames, path: spherical ? .spherical : .linear)
    let film = try source.pixels(walk.latents)
    try Folder.create(outdir)
    try writeStrips(film, seeds)
    try ImageWriter(format: .y4m).write(film, to: "\(outdir)/walk.y4m")
    try ImageFile.write(
      AnimatedPNG.encoded(
        film.pixels, width: film.width, height: film.height, channels: film.channels, framesPerSecond: rate),
      to: "\(outdir)/walk.png")
    try LatentFile.write(walk.latents, to: "\(outdir)/latents.safetensors")
    let steps = FrameSteps(film)
    print("\(outdir): \(film.count) frames, \(spherical ? "spherical" : "linear")")
    print(
      String(
        format: "steps in bytes of 255, root mean square: median %.2f, largest %.2f, %.2f times the median",
        steps.median,
        steps.largest, steps.median > 0 ? steps.largest / steps.median : 0))
  }

  /// A strip has both ends; the grid has the strips one below the other.
  private func writeStrips(_ film: ImageBatch<UInt8>, _ seeds: [UInt64]) throws(FileError) {
    var grid: [UInt8] = []
    for pair in 0..<(seeds.count - 1) {
      let strip = film[(pair * frames)..<((pair + 1) * frames + 1)]
      grid += strip.pixels
      let sheet = strip.sheet(GridSize(columns: frames + 1, rows: 1))
      try ImageWriter(format: .png).write(sheet, to: "\(outdir)/strip-\(seeds[pair])-\(seeds[pair + 1]).png")
    }
    let all = ImageBatch(pixels: grid, like: film)
    let sheet = all.sheet(GridSize(columns: frames + 1, rows: seeds.count - 1))
    try ImageWriter(format: .png).write(sheet, to: "\(outdir)/grid.png")
  }
}

enum ImageFile {
  /// Writes bytes beside, syncs and renames.
  static func write(_ bytes: [UInt8], to path: String) throws(FileError) {
    let file = try AtomicFile(path: path)
    do {
      try unsafe bytes.withUnsafeBytes { try unsafe file.write($0) }
    } catch { throw error as! FileError }
    try file.commit()
  }
}
