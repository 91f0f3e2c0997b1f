import Foundation
import Testing

/// The board sampler of this architecture, as `tools/boards/build x86_64` leaves it. There is none for others' own tests.
enum BoardSampler {
  static let path = Program.root + "/.build-boards/x86_64/thimble-sample"

  #if arch(x86_64)
    static let isHere = true
  #else
    static let isHere = false
  #endif

  /// Runs it to its end.
  static func run(
    _ arguments: [String], environment: [String: String] = [:], outputPath: String? = nil
  ) throws -> Outcome {
    guard FileManager.default.isExecutableFile(atPath: path) else {
      Issue.record("\(path) is missing: run tools/boards/build x86_64")
      return Outcome(status: -1, output: [], errors: "")
    }
    return try Running(path, arguments, environment: environment, outputPath: outputPath).outcome()
  }

  /// Runs it and expects it to end well.
  @discardableResult
  static func done(
    _ arguments: [String], environment: [String: String] = [:], _ location: SourceLocation = #_sourceLocation
  ) throws -> Outcome {
    let outcome = try run(arguments, environment: environment)
    #expect(outcome.status == 0, "\(arguments): \(outcome.errors)", sourceLocation: location)
    return outcome
  }

  /// Expects a refusal in two lines, and nothing on standard output.
  static func expectRefused(
    _ arguments: [String], _ status: Int32, environment: [String: String] = [:], saying words: String,
    _ location: SourceLocation = #_sourceLocation
  ) throws {
    let outcome = try run(arguments, environment: environment)
    expectRefusal(outcome, status, saying: words, by: "thimble-sample", location)
    #expect(outcome.output.isEmpty && outcome.errorLines.count == 2, "\(outcome.errors)", sourceLocation: location)
  }
}

extension Trait where Self == ConditionTrait {
  /// For tests of the board sampler.
  static var withBoardSampler: Self {
    .enabled(if: BoardSampler.isHere, "the board sampler under test is that of x86-64")
  }
}
