/// The instruction sets that kernels are compiled for: a closed list. The bytes that they produce are the same.
@frozen public enum InstructionSet: UInt8, CaseIterable, Sendable {
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
}
