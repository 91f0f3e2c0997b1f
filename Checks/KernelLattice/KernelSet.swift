import Thimble
import ThimbleKernelInterface

#if canImport(ThimbleKernelsV3VNNITwin)
  import ThimbleKernelsV3VNNITwin
#endif

/// The kernels of one instruction set, as the lattice calls them.
package struct KernelSet: Sendable {
  package let name: String
  package let kernels: IntegerKernels

  /// All that this build has and this machine can run. `v3vnni-twin` is AVX-VNNI's source in AVX-512's encoding. Boards have no
  /// `InstructionSet.allCases`.
  package static let all: [KernelSet] =
    sequence(first: InstructionSet.portable) { InstructionSet(rawValue: $0.rawValue + 1) }
    .filter { $0.isBuiltIn && $0.isOffered }.map { KernelSet(name: "\($0.name)", kernels: $0.kernels) } + twins

  #if canImport(ThimbleKernelsV3VNNITwin)
    private static let twins =
      InstructionSet.v4vnni.isOffered
      ? [KernelSet(name: "v3vnni-twin", kernels: ThimbleKernelsV3VNNITwin.integerKernels())] : []
  #else
    private static let twins: [KernelSet] = []
  #endif
}
