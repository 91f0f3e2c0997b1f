import ArgumentParser
import ThimbleNetworks
import ThimbleStorage

struct StripCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "strip",
    abstract: "Keep both networks of a checkpoint and drop the optimiser: a third of the size.",
    discussion: """
      If the recipe averages weights, the averaged generator is kept, with its frozen statistics. The file can be \
      sampled, exported and studied as before, but training cannot continue from it.
      """)

  @Argument(help: "A checkpoint of `thimble train`.") var checkpoint: String
  @Option(name: .shortAndLong, help: "The .safetensors file to write.") var output: String

  func run() throws {
    try refuseSameFile(checkpoint, output)
    try OutputKind.checkpoint.check(output)
    try ExportCommand.refuseExported(checkpoint, wanted: "a checkpoint")
    let step = try Checkpoint.strip(checkpoint, to: output)
    print("\(output): both networks after step \(FileError.printable(step)), without optimiser")
  }
}
