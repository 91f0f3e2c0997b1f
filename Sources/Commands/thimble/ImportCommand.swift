import ArgumentParser
import Foundation
import ThimbleNetworks
import ThimbleStorage

struct ImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import", abstract: "Import a generator that was trained with another program.",
    usage: "thimble import <input> --output <output> [<options>]",
    discussion: """
      IN is a safetensors file in PyTorch's layouts, with one of two sets of names: project.weight, project.bn.weight, \
      deconv1.weight, ... and the metadata `geometry`, `latent` and `bn_eps`; or the state dict of PyTorch's DCGAN \
      example, main.0.weight, ...
      """)

  @Argument(help: "A safetensors file.") var input: String
  @Option(name: .shortAndLong, help: "The checkpoint to write.") var output: String
  @Flag(help: "Compute new batch statistics instead of using the file's.") var refreeze = false
  @OptionGroup var compute: ComputeOptions

  func run() throws {
    try refuseSameFile(input, output)
    try OutputKind.checkpoint.check(output)
    try ExportCommand.refuseExported(input, wanted: "a safetensors file of another program")
    let stored = try StoredGenerator(path: input)
    var statistics = stored.statistics
    if stored.recipeBeyondPaper == nil && (refreeze || statistics == nil) {
      var bar = ProgressLine()
      statistics = stored.network(
        capacity: FrozenStatistics.batchSize, workers: compute.workers, kernels: try compute.kernels()
      ).freeze(stored.latents) { done in
        bar.show("freezing batch statistics", done, of: FrozenStatistics.batches)
      }
      bar.finish()
    }
    try stored.write(statistics: statistics, to: output)
    print(
      "\(output): \(stored.imageSide)x\(stored.imageSide), \(stored.imageChannels) channels, latents of \(stored.latentLength) "
        + "(\(stored.latents.distribution.name)), \(stored.layers.parameterCount) parameters, statistics "
        + (refreeze || stored.statistics == nil ? "computed anew" : "kept"))
  }
}
