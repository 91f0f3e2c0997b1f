public import ThimbleKernelInterface

import ThimbleKernels

#if canImport(ThimbleKernelsV2)
  import ThimbleKernelsV2
  import ThimbleKernelsV3
  import ThimbleKernelsV3VNNI
  import ThimbleKernelsV4VNNI
#elseif canImport(ThimbleKernelsNEON)
  import ThimbleKernelsNEON
  import ThimbleKernelsDotProd
#elseif canImport(ThimbleKernelsARMv7)
  import ThimbleKernelsARMv7
#endif

// The one place where an instruction set becomes a call.
extension InstructionSet {
  /// Whether this build holds kernels for the set.
  public var isBuiltIn: Bool {
    switch self {
    case .portable: true
    #if canImport(ThimbleKernelsV2)
      case .v2, .v3, .v3vnni, .v4vnni: true
    #elseif canImport(ThimbleKernelsNEON)
      case .neon, .dotprod: true
    #elseif canImport(ThimbleKernelsARMv7)
      case .armv7: true
    #endif
    default: false
    }
  }

  /// The set's kernels: those of the baseline if this build lacks them.
  package var kernels: IntegerKernels {
    switch self {
    #if canImport(ThimbleKernelsV2)
      case .v2: ThimbleKernelsV2.integerKernels()
      case .v3: ThimbleKernelsV3.integerKernels()
      case .v3vnni: ThimbleKernelsV3VNNI.integerKernels()
      case .v4vnni: ThimbleKernelsV4VNNI.integerKernels()
    #elseif canImport(ThimbleKernelsNEON)
      case .neon: ThimbleKernelsNEON.integerKernels()
      case .dotprod: ThimbleKernelsDotProd.integerKernels()
    #elseif canImport(ThimbleKernelsARMv7)
      case .armv7: ThimbleKernelsARMv7.integerKernels()
    #endif
    default: ThimbleKernels.integerKernels()
    }
  }
}
