import Foundation
import Thimble

/// What `thimble --version` says.
enum Version {
  static let number = "0.1.0"

  static var text: String {
    let sets = InstructionSet.allCases.filter(\.isBuiltIn).map { "\($0.name)" }.joined(separator: " ")
    let current =
      (try? InstructionSet.inForce()).map { "\($0.name)" } ?? "none: THIMBLE_ISA names one that this machine lacks"
    return "thimble \(number)\nformat 1.1\ninstruction sets \(sets)\nin force \(current)"
  }
}
