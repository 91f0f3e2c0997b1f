import ArgumentParser
import Foundation
import Thimble
import SamplerSupport
import ThimbleStorage
import ThimbleThreads

/// The workstation command: from images to a shipped generator.
@main
struct ThimbleCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "thimble",
    abstract: "Small image generators: train a DCGAN, export it to one file, sample it anywhere.",
    discussion: """
      From photographs to new pictures:

        thimble dataset pack PHOTOS -o SET.safetensors --size 64
        thimble train --data SET.safetensors --outdir RUN
        thimble export RUN/checkpoint.safetensors -o MY.thimble
        thimble sample MY.thimble --grid 8x8 -o SAMPLES.png
      """,
    version: Version.text,
    subcommands: [
      DatasetCommand.self, TrainCommand.self, StripCommand.self, ImportCommand.self, ExportCommand.self,
      SampleCommand.self, InspectCommand.self, VerifyCommand.self, GoldenCommand.self, BundleCommand.self,
      BenchCommand.self, ReproduceCommand.self, MeasureCommand.self, MemoriseCommand.self, WalkCommand.self,
      ArithmeticCommand.self, ForgetCommand.self, FiltersCommand.self, FeaturesCommand.self, ClassifyCommand.self,
      NeighboursCommand.self, StudyCommand.self,
    ])

  static func main() {
    _ = ProcessClock.main
    // Beyond `ulimit -f`, writes then fail as on a full disk, with an error that we tell.
    signal(SIGXFSZ, SIG_IGN)
    // Into a pipe that nobody reads any more, likewise.
    signal(SIGPIPE, SIG_IGN)
    StandardStreams.fill()
    TemporaryNames.removeWhenInterrupted()
    MappingFault.install()
    MemoryFault.install()
    // A library that was loaded into the program may have left another one.
    FloatMode.useStandard()
    do {
      var command = try parseAsRoot(CommandWords.all().dropFirst().map { $0 })
      try command.run()
      try flushStandardOutput()
      // What is told only now went into a result that is there already.
      if let path = MappedFile.changedPaths.first { throw MappedFile.changedError(path) }
    } catch let error as FileError {
      exit(telling: error)
    } catch {
      exit(withError: error)
    }
  }

  /// Ends the program as docs/reference/exit-codes.md says: the two lines of the error, its exit code.
  static func exit(telling error: FileError) -> Never {
    tell("\(error)")
    Foundation.exit(error.kind.rawValue)
  }

  /// What `print` left in its buffer; a result that was not taken is an error.
  private static func flushStandardOutput() throws(FileError) {
    if fflush(nil) != 0 { throw StandardOutput.error(errno) }
  }
}

/// The words of the command line.
enum CommandWords {
  /// As `main` got them, the program's name first. Throws `fault` if they cannot be known.
  static func all() throws(FileError) -> [String] {
    let words = ProgramArguments.all
    guard words.isEmpty else { return words }
    throw FileError(
      .fault, file: "command line", field: "arguments", found: "none, not even the program's name",
      wanted: "those that the program was started with",
      advice: "Mount /proc, or start the program from a shell.")
  }

  /// The program's name, as it was called.
  static var program: String { ProgramArguments.all.first ?? "thimble" }
}

enum StandardStreams {
  /// Opens those of the three that were closed (`2>&-`): else the next file that is opened would get their number, and messages
  /// would land in it. Reading and writing them fails, as if they were still closed.
  static func fill() {
    for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
      _ = unsafe open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
    }
  }
}

/// Lines for the user that are not the command's result.
func tell(_ line: String) { StandardError.write("thimble: \(line)\n") }

enum StandardError {
  /// A closed terminal, or a full disk as the target of `2>`, must not end the program.
  static func write(_ text: String) { try? FileHandle.standardError.write(contentsOf: Data(text.utf8)) }
}

enum StandardOutput {
  static func write(_ bytes: [UInt8]) throws(FileError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes { unsafe Foundation.write(STDOUT_FILENO, $0.baseAddress!, $0.count) }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw error(errno) }
      rest = rest.dropFirst(count)
    }
  }

  static func error(_ code: Int32) -> FileError {
    FileError(
      .inputOutput, file: "standard output", field: "write", found: unsafe "\"\(String(cString: strerror(code)))\"",
      wanted: "all bytes written", advice: "Check the program that reads the output, or the disk.")
  }
}

/// Lines that hold text from files, fit for a terminal.
func printableLines(_ text: String) -> String {
  text.split(separator: "\n", omittingEmptySubsequences: false).map { FileError.printable(String($0)) }
    .joined(separator: "\n")
}

/// A word as a shell takes it for one.
func quoted(_ word: String) -> String {
  let plain = word.allSatisfy { $0.isLetter || $0.isNumber || "/._-+=:,@".contains($0) }
  return plain ? word : "'" + word.replacing("'", with: "'\\''") + "'"
}

/// Refuses an output that is the input: it would be replaced.
func refuseSameFile(_ input: String, _ output: String?) throws(FileError) {
  var (first, second) = (stat(), stat())
  guard let output, unsafe stat(input, &first) == 0, unsafe stat(output, &second) == 0,
    first.st_mode & S_IFMT == S_IFREG,
    first.st_dev == second.st_dev, first.st_ino == second.st_ino
  else { return }
  throw FileError(
    .usage, file: output, field: "output", found: "the input", wanted: "another file",
    advice: "Choose another name for -o: it would overwrite the input.")
}
