import ArgumentParser
import ThimbleNetworks
import ThimbleStorage

struct StripCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "strip",
    abstract: "Both networks of a checkpoint without its optimiser: a third of the size, for studies.",
    discussion: """
      The generator is the averaged one where the recipe averages, with its frozen statistics. It samples, exports and can be studied \
      as before; training cannot go on from it.
      """)

  @Argument(help: "A checkpoint of `thimble train`.") var checkpoint: String
  @Option(name: .shortAndLong, help: "The .safetensors file to write.") var output: String

  func run() throws {
    try refuseSameFile(checkpoint, output)
    let step = try Checkpoint.strip(checkpoint, to: output)
    print("\(output): both networks after step \(FileError.printable(step)), without optimiser")
  }
}
