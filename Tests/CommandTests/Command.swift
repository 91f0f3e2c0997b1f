import Foundation
import Testing

/// How a run of the program ended.
struct Outcome {
  /// The exit code; the negative number of the signal that ended it.
  var status: Int32
  var output: [UInt8]
  var errors: String

  /// Standard output as text.
  var text: String { String(decoding: output, as: UTF8.self) }
  /// The lines of standard error.
  var errorLines: [String] { errors.split(separator: "\n").map(String.init) }
}

/// The program under test: the one that THIMBLE_PROGRAM names, or that beside the test bundle, or else the release build.
enum Program {
  static let root = (0..<3).reduce(#filePath) { path, _ in (path as NSString).deletingLastPathComponent }
  static let fixtures = root + "/Tests/Fixtures"

  static let path: String = {
    if let named = ProcessInfo.processInfo.environment["THIMBLE_PROGRAM"] { return named }
    let bundle = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    let beside = (bundle as NSString).deletingLastPathComponent + "/thimble"
    return FileManager.default.isExecutableFile(atPath: beside) ? beside : root + "/.build/release/thimble"
  }()
}

/// A program that runs meanwhile. Its output goes to files, so that it can never wait for a reader.
final class Running {
  let process = Process()
  private let folder = Folder()

  init(
    _ program: String, _ arguments: [String], environment: [String: String] = [:], standardInput: [UInt8] = [],
    outputPath: String? = nil, errorsPath: String? = nil
  ) throws {
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    var all = ProcessInfo.processInfo.environment
    all["THIMBLE_ISA"] = nil
    process.environment = all.merging(environment) { $1 }
    process.standardInput = FileHandle(forReadingAtPath: folder.write("in", standardInput))
    process.standardOutput = FileHandle(forWritingAtPath: outputPath ?? folder.write("out", []))
    process.standardError = FileHandle(forWritingAtPath: errorsPath ?? folder.write("err", []))
    try process.run()
  }

  /// Waits for the end.
  func outcome() -> Outcome {
    process.waitUntilExit()
    let signalled = process.terminationReason == .uncaughtSignal
    return Outcome(
      status: signalled ? -process.terminationStatus : process.terminationStatus,
      output: bytes(of: folder.path + "/out"), errors: String(decoding: bytes(of: folder.path + "/err"), as: UTF8.self))
  }
}

/// Runs `thimble` with these arguments to its end.
@discardableResult
func run(
  _ arguments: [String], environment: [String: String] = [:], standardInput: [UInt8] = [], outputPath: String? = nil,
  errorsPath: String? = nil
) throws -> Outcome {
  try Running(
    Program.path, arguments, environment: environment, standardInput: standardInput, outputPath: outputPath,
    errorsPath: errorsPath
  ).outcome()
}

/// Runs `thimble` with these arguments, parted by spaces, and expects it to end well.
@discardableResult
func done(
  _ arguments: [String], environment: [String: String] = [:], _ location: SourceLocation = #_sourceLocation
) throws -> Outcome {
  let outcome = try run(arguments, environment: environment)
  #expect(outcome.status == 0, "\(arguments): \(outcome.errors)", sourceLocation: location)
  return outcome
}

/// Expects a refusal: this exit code, and as the last two lines `thimble: FILE: FIELD: found X, wanted Y` and an advice.
func expectRefusal(
  _ outcome: Outcome, _ status: Int32, file: String? = nil, saying words: String = "", by program: String = "thimble",
  _ location: SourceLocation = #_sourceLocation
) {
  #expect(outcome.status == status, "\(outcome.errors)", sourceLocation: location)
  let lines = outcome.errorLines.suffix(2)
  guard let first = lines.first, lines.count == 2, let advice = lines.last else {
    Issue.record("no two lines: \(outcome.errors)", sourceLocation: location)
    return
  }
  let start = "\(program): " + (file.map { $0 + ": " } ?? "")
  #expect(first.hasPrefix(start), "\(first)", sourceLocation: location)
  #expect(first.contains(": found ") && first.contains(", wanted "), "\(first)", sourceLocation: location)
  #expect(words.isEmpty || first.contains(words), "\(first)", sourceLocation: location)
  #expect(advice.hasSuffix("."), "\(advice)", sourceLocation: location)
}

/// Expects what the argument parser refuses: exit code 64 and a line that begins with `Error:`.
func expectUsage(_ arguments: [String], _ location: SourceLocation = #_sourceLocation) throws {
  let outcome = try run(arguments)
  #expect(outcome.status == 64, "\(arguments): \(outcome.errors)", sourceLocation: location)
  #expect(outcome.errors.hasPrefix("Error: "), "\(outcome.errors)", sourceLocation: location)
}
