import Foundation
import Thimble
import SamplerSupport

extension Version {
  /// What `thimble --version` says.
  static var text: String {
    let sets = InstructionSet.allCases.filter(\.isBuiltIn).map { "\($0.name)" }.joined(separator: " ")
    let current =
      (try? InstructionSet.current()).map { "\($0.name)" } ?? "none: THIMBLE_ISA names one that this machine lacks"
    return "thimble \(number)\nformat \(format)\ninstruction sets \(sets)\nin force \(current)"
  }
}
