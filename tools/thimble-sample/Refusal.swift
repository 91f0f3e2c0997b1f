import Thimble
import ThimbleSampling

/// That the program ends, and with which code. Why was told by whoever made it: `throw refusal(...)`.
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

/// Tells what is wrong in two lines, `thimble-sample: FILE: FIELD: found X, wanted Y` and what to do, as a sentence.
@inline(never)
func refusal(
  _ code: ExitCode, _ file: Phrase, _ field: Phrase, found: Phrase, wanted: Phrase, advice: Phrase
) -> Refusal {
  var printer = Printer(file: 2)
  printer.put("thimble-sample: ")
  printer.put(file)
  printer.put(": ")
  printer.put(field)
  printer.put(": found ")
  printer.put(found)
  printer.put(", wanted ")
  printer.line(wanted)
  printer.line(advice)
  printer.flush()
  return Refusal(code: code)
}

/// A refusal of the command line.
@inline(never)
func usage(_ word: Phrase, found: Phrase, wanted: Phrase) -> Refusal {
  refusal(
    .usage, "arguments", word, found: found, wanted: wanted, advice: "Say thimble-sample --help for all words it takes.")
}

/// A refusal of the runtime about a model's file.
func refusal(_ error: ThimbleError, _ file: Path) -> Refusal {
  let wanted: Phrase =
    switch error.relation {
    case .equal: "\(error.wanted)"
    case .atMost: "at most \(error.wanted)"
    case .atLeast: "at least \(error.wanted)"
    case .multipleOf: "a multiple of \(error.wanted)"
    case .below: "less than \(error.wanted)"
    case .other: "what FORMAT.md says"
    }
  let code: ExitCode =
    switch error.code {
    case .file: .inputOutput
    case .instructionSet, .arguments: .usage
    case .memory: .fault
    default: .badData
    }
  let field: Phrase = error.layer < 0 ? "\(error.field)" : "layer \(UInt64(error.layer)) \(error.field)"
  return refusal(code, "\(path: file)", field, found: "\(error.found)", wanted: wanted, advice: "\(error.shortAdvice)")
}

extension ThimbleError {
  /// As `advice`, which is a `String`.
  fileprivate var shortAdvice: StaticString {
    switch code {
    case .file: "Check the path and the permissions."
    case .format: "Fetch or export the model again: the file is damaged, cut short, or no .thimble file."
    case .unsupported: "Use a newer version of Thimble, or export the model for this one."
    default: "Tell the authors: this is not for the user to put right."
    }
  }
}
