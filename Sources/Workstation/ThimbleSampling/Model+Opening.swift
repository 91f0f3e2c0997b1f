import Thimble
import ThimbleStorage

extension Model {
  /// Maps and checks the model at `path`.
  package static func open(_ path: String, plan: MemoryPlan = .ofFile) throws(FileError) -> Model {
    let set = try InstructionSet.current()
    let file = try MappedFile(path: path)
    return try open(file, set, plan: plan)
  }

  /// Checks the model in a file that is mapped, and keeps the mapping.
  package static func open(
    _ file: MappedFile, _ set: InstructionSet, plan: MemoryPlan = .ofFile
  ) throws(FileError) -> Model {
    guard unsafe !file.bytes.isEmpty else {
      throw FileError(
        .badData, file: file.path, field: "size", found: "0 bytes", wanted: "a .thimble file",
        advice: "Fetch or export the model again.")
    }
    do {
      return try unsafe Model(
        file.bytes, instructionSet: set, plan: plan, owner: Unmanaged.passRetained(file).toOpaque(),
        release: { owner in unsafe Unmanaged<MappedFile>.fromOpaque(owner).release() })
    } catch { throw FileError(error, file: file.path) }
  }
}
