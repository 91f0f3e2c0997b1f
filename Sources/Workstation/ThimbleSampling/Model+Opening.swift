import Thimble
import ThimbleStorage

extension Model {
  /// Maps and checks the model at `path`.
  package static func open(_ path: String, plan: MemoryPlan = .ofFile) throws(FileError) -> Model {
    let set = try InstructionSet.current()
    // The runtime reports only the number of a system error. This check separates a folder or an empty file from a bad disk.
    guard try unsafe !MappedFile(path: path).bytes.isEmpty else {
      throw FileError(
        .badData, file: path, field: "size", found: "0 bytes", wanted: "a .thimble file",
        advice: "Fetch or export the model again.")
    }
    do {
      return try unsafe Model(path: path, instructionSet: set, plan: plan)
    } catch { throw FileError(error, file: path) }
  }
}
