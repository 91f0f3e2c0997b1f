import Thimble
import SamplerSupport

/// An error that ends the program with this exit code. The function that makes it has already printed the reason: `throw refusal(...)`.
struct Refusal: Error {
  let code: ExitCode
}

/// The exit codes of both programs (sysexits).
enum ExitCode: Int32 {
  case done = 0
  case usage = 64
  case badData = 65
  case missing = 66
  case fault = 70
  case cannotWrite = 73
  case inputOutput = 74
}

/// Prints what is wrong in two lines: `thimble-sample: FILE: FIELD: found X, wanted Y`, and what to do, as a sentence.
@inline(never)
func refusal(_ code: ExitCode, _ line: Line, advice: StaticString) -> Refusal {
  tell(line, advice: advice)
  return Refusal(code: code)
}

/// A refusal of the command line: `OPTION: found X, wanted Y`.
@inline(never)
func usage(_ line: Line) -> Refusal {
  refusal(.usage, line, advice: "thimble-sample --help lists all options.")
}

/// A refusal of the runtime about a model's file.
func refusal(_ error: ThimbleError, _ file: Path) -> Refusal {
  let code: ExitCode =
    switch error.code {
    case .file: .inputOutput
    case .instructionSet, .arguments: .usage
    case .memory: .fault
    default: .badData
    }
  let relation: StaticString =
    switch error.relation {
    case .equal: ""
    case .atMost: "at most "
    case .atLeast: "at least "
    case .multipleOf: "a multiple of "
    case .below: "less than "
    case .other: "what format.md says"
    }
  let line: Line = "\(path: file): "
  if error.layer >= 0 {
    line.appendLiteral("layer ")
    line.appendInterpolation(Int(error.layer))
    line.appendLiteral(" ")
  }
  line.appendInterpolation(error.field)
  line.appendLiteral(": found ")
  line.appendInterpolation(error.found)
  line.appendLiteral(", wanted ")
  line.appendInterpolation(relation)
  if error.relation != .other { line.appendInterpolation(error.wanted) }
  return refusal(code, line, advice: error.shortAdvice)
}

extension ThimbleError {
  /// As `advice`, which is a `String`.
  fileprivate var shortAdvice: StaticString {
    switch code {
    case .file: "Check the path and the permissions."
    case .format: "Fetch or export the model again: the file is damaged, cut short, or not a .thimble file."
    case .unsupported: "Use a newer version of Thimble, or export the model for this one."
    default: "Please report this bug to the authors."
    }
  }
}
