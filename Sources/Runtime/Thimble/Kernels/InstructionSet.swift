import ThimbleIntrinsics
import ThimbleKernelInterface
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

/// The instruction sets that kernels are compiled for: a closed list. The bytes that they produce are the same.
///
/// Package.swift says how each of them is compiled. For one architecture, newer sets come later.
@frozen public enum InstructionSet: UInt8, Sendable {
  /// The compiler's baseline for the architecture (x86-64: SSE2).
  case portable
  /// x86-64-v2: SSE4.2.
  case v2
  /// x86-64-v3: AVX2 and fused multiply-add.
  case v3
  /// AVX2 with VNNI (VEX-encoded dot products).
  case v3vnni
  /// x86-64-v4 with AVX-512 VNNI.
  case v4vnni
  /// aarch64.
  case neon
  /// aarch64 with the dot-product extension.
  case dotprod
  /// 32-bit Arm with NEON.
  case armv7

  /// The name that users type in `THIMBLE_ISA`.
  public var name: StaticString {
    switch self {
    case .portable: "portable"
    case .v2: "v2"
    case .v3: "v3"
    case .v3vnni: "v3vnni"
    case .v4vnni: "v4vnni"
    case .neon: "neon"
    case .dotprod: "dotprod"
    case .armv7: "armv7"
    }
  }

  /// What it needs of processor and operating system: bits of the words that `thimble_processor_features` says.
  var neededFeatures: thimble_features {
    switch self {
    case .portable: thimble_features(0, 0, 0, 0, 0, 0, 0, 0)
    case .v2: thimble_features(0x0098_2201, 0, 0, 0, 0, 0, 0, 1)
    case .v3: thimble_features(0x38D8_3201, 0x128, 0, 0, 0x20, 0x06, 0, 1)
    case .v3vnni: thimble_features(0x38D8_3201, 0x128, 0, 0x10, 0x20, 0x06, 0, 1)
    case .v4vnni: thimble_features(0x38D8_3201, 0xD003_0128, 0x800, 0, 0x20, 0xE6, 0, 1)
    // NEON is part of the architecture.
    case .neon: thimble_features(0, 0, 0, 0, 0, 0, 0, 2)
    // The dot product, and CRC-32, which the module's ARMv8.2 includes.
    case .dotprod: thimble_features(1 << 20 | 1 << 7, 0, 0, 0, 0, 0, 0, 2)
    case .armv7: thimble_features(1 << 12, 0, 0, 0, 0, 0, 0, 4)
    }
  }

  /// A module of kernels, if the build has it. Not an optional function, which would live in allocated memory.
  private struct Module {
    let isThere: Bool
    let kernels: @Sendable () -> IntegerKernels

    init(_ kernels: @escaping @Sendable () -> IntegerKernels) { (isThere, self.kernels) = (true, kernels) }
    private init() { (isThere, kernels) = (false, { fatalError() }) }

    static var absent: Module { Module() }
  }

  /// The module of its kernels.
  private var module: Module {
    switch self {
    case .portable: Module(ThimbleKernels.integerKernels)
    #if canImport(ThimbleKernelsV2)
      case .v2: Module(ThimbleKernelsV2.integerKernels)
      case .v3: Module(ThimbleKernelsV3.integerKernels)
      case .v3vnni: Module(ThimbleKernelsV3VNNI.integerKernels)
      case .v4vnni: Module(ThimbleKernelsV4VNNI.integerKernels)
    #else
      case .v2, .v3, .v3vnni, .v4vnni: .absent
    #endif
    #if canImport(ThimbleKernelsNEON)
      case .neon: Module(ThimbleKernelsNEON.integerKernels)
      case .dotprod: Module(ThimbleKernelsDotProd.integerKernels)
    #else
      case .neon, .dotprod: .absent
    #endif
    #if canImport(ThimbleKernelsARMv7)
      case .armv7: Module(ThimbleKernelsARMv7.integerKernels)
    #else
      case .armv7: .absent
    #endif
    }
  }

  /// Whether this build holds kernels for the set.
  public var isBuiltIn: Bool { module.isThere }

  /// The set's kernels. The set must be built in.
  package var kernels: IntegerKernels { module.kernels() }

  /// The modules with f32 kernels: AVX-512 needs no dot products there, but the two come together.
  package enum FloatModule: Sendable { case portable, v3, v4vnni }

  /// Whose f32 kernels training takes: those of the newest older set that has some, or its own.
  package var floatModule: FloatModule {
    switch self {
    case .portable, .v2, .neon, .dotprod, .armv7: .portable
    case .v3, .v3vnni: .v3
    case .v4vnni: .v4vnni
    }
  }
}

// On boards the list of all cases would be data that the C library must not have.
#if !hasFeature(Embedded)
  extension InstructionSet: CaseIterable {}
#endif
