import Thimble

extension FileError {
  /// A refusal of the runtime, about `file`.
  package init(_ error: ThimbleError, file: String) {
    if error.code == .file {
      let code = Int32(truncatingIfNeeded: error.found)
      // ENOENT and ENOTDIR: nothing there; ENODEV and EINVAL: a folder, a device or an empty file.
      let kinds: [Int32: Kind] = [2: .missing, 20: .missing, 19: .badData, 22: .badData]
      self = .system(
        kinds[code] ?? .inputOutput, file: file, call: "open", wanted: "a .thimble file", errno: code)
      return
    }
    let place = error.layer < 0 ? "" : "layer \(error.layer) "
    let wanted =
      switch error.relation {
      case .equal: "\(error.wanted)"
      case .atMost: "at most \(error.wanted)"
      case .atLeast: "at least \(error.wanted)"
      case .multipleOf: "a multiple of \(error.wanted)"
      case .below: "less than \(error.wanted)"
      case .other: "what format.md says"
      }
    let kind: Kind =
      switch error.code {
      case .instructionSet, .arguments: .usage
      case .memory: .fault
      default: .badData
      }
    self.init(
      kind, file: file, field: "\(place)\(error.field)", found: "\(error.found)", wanted: wanted, advice: error.advice)
  }
}
