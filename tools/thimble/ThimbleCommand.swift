import ArgumentParser
import Foundation
import Thimble
import ThimbleStorage

/// The workstation command: from images to a shipped generator.
@main
struct ThimbleCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "thimble",
    abstract: "Small generators of images: train a DCGAN, export it to one flat file, sample it anywhere.",
    discussion: """
      The way through:  thimble dataset pack PHOTOS -o SET.safetensors --size 64
                        thimble train --data SET.safetensors --outdir RUN
                        thimble export RUN/checkpoint.safetensors -o GENERATOR.thimble
                        thimble sample GENERATOR.thimble --grid 8x8 -o SAMPLES.png
      """,
    version: Version.text,
    subcommands: [
      DatasetCommand.self, TrainCommand.self, ImportCommand.self, ExportCommand.self, SampleCommand.self,
      InspectCommand.self, VerifyCommand.self, GoldenCommand.self,
    ])

  static func main() {
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch let error as FileError {
      exit(telling: error)
    } catch {
      exit(withError: error)
    }
  }

  /// Ends the program as COMMANDS of the README say: the two lines of the error, its exit code.
  static func exit(telling error: FileError) -> Never {
    FileHandle.standardError.write(Data("thimble: \(error)\n".utf8))
    Foundation.exit(error.kind.rawValue)
  }
}

/// Lines for the user that are not the command's result.
func tell(_ line: String) { FileHandle.standardError.write(Data("thimble: \(line)\n".utf8)) }
