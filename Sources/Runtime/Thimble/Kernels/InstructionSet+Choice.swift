import ThimbleIntrinsics

extension InstructionSet {
  /// Whether this machine, processor and operating system, can run it.
  public var isOffered: Bool {
    let needed = neededFeatures
    return thimble_processor_features() & needed == needed
  }

  /// The best set that is built in and that this machine can run.
  public static var detected: InstructionSet {
    var best = InstructionSet.portable
    // In the order of the list, newer sets come later.
    var rawValue: UInt8 = 1
    while let set = InstructionSet(rawValue: rawValue) {
      if set.isBuiltIn && set.isOffered { best = set }
      rawValue += 1
    }
    return best
  }

  /// The set that the environment variable `THIMBLE_ISA` names, or else the best one. Asks the machine at each call.
  ///
  /// Throws if the name is unknown, or if the build or the machine lacks the set: what was asked for is never replaced in silence.
  public static func inForce() throws(ThimbleError) -> InstructionSet {
    guard let name = unsafe thimble_requested_instruction_set() else { return detected }
    var rawValue: UInt8 = 0
    while let set = InstructionSet(rawValue: rawValue) {
      if unsafe set.isNamed(name) { return try set.checked() }
      rawValue += 1
    }
    throw ThimbleError(.instructionSet, "THIMBLE_ISA, an unknown name")
  }

  /// The set itself, or an error if this build or this machine lacks it.
  package func checked() throws(ThimbleError) -> InstructionSet {
    if !isBuiltIn { throw ThimbleError(.instructionSet, "instruction set, not in this build", found: UInt64(rawValue)) }
    if !isOffered {
      throw ThimbleError(.instructionSet, "instruction set, not in this machine", found: UInt64(rawValue))
    }
    return self
  }

  private func isNamed(_ other: UnsafePointer<CChar>) -> Bool {
    let count = name.utf8CodeUnitCount
    for i in 0..<count where unsafe UInt8(bitPattern: other[i]) != name.utf8Start[i] { return false }
    return unsafe other[count] == 0
  }
}
