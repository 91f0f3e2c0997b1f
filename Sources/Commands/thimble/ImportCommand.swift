import ArgumentParser
import Foundation
import ThimbleNetworks
import ThimbleStateDicts
import ThimbleStorage

struct ImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import", abstract: "Import a generator that was trained with another program.",
    usage: "thimble import <input> --output <output> [<options>]",
    discussion: """
      IN is a safetensors file with the state dict of a DCGAN's generator in PyTorch: transposed convolutions, batch \
      normalisation and ReLU, tanh at the end. Layers are found by their shapes and the order of their names, as in main.0.weight, \
      main.1.weight, ...; or they have names of ours, project.weight, project.bn.weight, deconv1.weight, ..., and the metadata \
      `geometry`, `latent` and `bn_eps`. What is left out or taken for granted is printed. docs/reference/import.md has a table of \
      what loads and what is refused.
      """)

  @Argument(help: "A safetensors file.") var input: String
  @Option(name: .shortAndLong, help: "The checkpoint to write.") var output: String
  @Flag(help: "Compute batch statistics: new ones instead of the file's, or where the file has none.") var refreeze =
    false
  @Option(
    name: .customLong("map"),
    help:
      "OLD=NEW: call a tensor, or all whose names begin with OLD and a dot, otherwise. Without NEW they are left out. Repeatable."
  )
  var renamings: [String] = []
  @Option(
    help:
      "KEY=VALUE: what the file does not say, or says wrongly: geometry, latent, bn_eps, output or normalization. Repeatable."
  )
  var metadata: [String] = []
  @OptionGroup var compute: ComputeOptions

  func validate() throws { _ = try options() }

  private func options() throws -> ImportOptions {
    func pair(_ option: String, _ text: String) throws -> (String, String) {
      guard let equals = text.firstIndex(of: "="), equals > text.startIndex else {
        throw ValidationError("\(option) \(text): wanted two parts with = between them.")
      }
      return (String(text[..<equals]), String(text[text.index(after: equals)...]))
    }
    var options = ImportOptions()
    for text in renamings { options.renamings.append(try pair("--map", text)) }
    for text in metadata {
      let (key, value) = try pair("--metadata", text)
      guard ImportOptions.keys.contains(key), options.metadata.updateValue(value, forKey: key) == nil else {
        throw ValidationError(
          "--metadata \(key): wanted each of \(ImportOptions.keys.joined(separator: ", ")) at most once.")
      }
    }
    options.computesStatistics = refreeze
    return options
  }

  func run() throws {
    try refuseSameFile(input, output)
    try OutputKind.checkpoint.check(output)
    try ExportCommand.refuseExported(input, wanted: "a safetensors file of another program")
    let stored = try StoredGenerator(path: input, importing: options())
    var statistics = stored.statistics
    if stored.recipeBeyondPaper == nil && (refreeze || statistics == nil) { statistics = try computed(stored) }
    try stored.write(statistics: statistics, to: output)
    print(
      "\(output): \(stored.imageSide)x\(stored.imageSide), \(stored.imageChannels) channel\(stored.imageChannels == 1 ? "" : "s"), latents of \(stored.latentLength) "
        + "(\(stored.latents.distribution.name)), \(stored.layers.parameterCount) parameters, statistics "
        + (refreeze || stored.statistics == nil ? "computed anew" : "kept"))
    for note in stored.notes { print(FileError.printable("  " + note)) }
  }

  private func computed(_ stored: StoredGenerator) throws -> FrozenStatistics {
    let (workers, kernels) = (compute.workers, try compute.kernels())
    let network = stored.network(capacity: 1, workers: workers, kernels: kernels)
    try MemoryLimit.present.check(
      network.freezingByteCount, for: "minibatches of \(FrozenStatistics.batchSize) images", file: input,
      advice: "Import it where there is more memory, or with the statistics that it has.")
    var bar = ProgressLine()
    defer { bar.finish() }
    return network.freeze(stored.latents) { done in
      bar.show("freezing batch statistics", done, of: FrozenStatistics.batches)
    }
  }
}
