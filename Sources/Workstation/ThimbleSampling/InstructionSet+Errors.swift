import Foundation
import Thimble
import ThimbleStorage

extension InstructionSet {
  /// What THIMBLE_ISA asks for. The environment is read once, when the set is first needed.
  private static let requested: Result<InstructionSet, ThimbleError> = {
    do throws(ThimbleError) { return .success(try inForce()) } catch { return .failure(error) }
  }()

  /// The set in force, as a file error where there is none.
  package static func current() throws(FileError) -> InstructionSet {
    do {
      return try requested.get()
    } catch {
      throw FileError(
        .usage, file: "THIMBLE_ISA", field: "\(error.field)",
        found: ProcessInfo.processInfo.environment["THIMBLE_ISA"] ?? "nothing",
        wanted: "one of "
          + allCases.filter { $0.isBuiltIn && $0.isOffered }.map { "\($0.name)" }.joined(separator: ", "),
        advice: "Unset THIMBLE_ISA, or name one of these sets.")
    }
  }
}
