/// The processors that `tools/boards/build` builds a sampler for.
package enum BoardTarget: String, Sendable, CaseIterable, CustomStringConvertible {
  case amd64 = "x86_64"
  case aarch64, armv7, riscv64

  package var description: String { rawValue }

  /// ELF's number of the processor.
  var machine: UInt64 {
    switch self {
    case .amd64: 62
    case .aarch64: 183
    case .armv7: 40
    case .riscv64: 243
    }
  }

  /// Whether addresses take 64 bits: ELF's class 2.
  var isWide: Bool { self != .armv7 }

  /// The first address that no program has. For 32 bits: that of a kernel that leaves programs 2 GB. For 64 bits: that of RISC-V with
  /// 39 bits.
  var endOfAddresses: UInt64 { isWide ? 1 << 38 : 1 << 31 }
}
