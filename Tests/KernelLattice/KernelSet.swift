import Thimble
import ThimbleKernelTypes

#if canImport(ThimbleKernelsV3VNNITwin)
  import ThimbleKernelsV3VNNITwin
#endif

/// The kernels of one instruction set, as the lattice calls them.
package struct KernelSet: Sendable {
  package let name: String
  let dense: @Sendable (IntegerDense, Int) -> Void
  let fractionallyStridedConvolution: @Sendable (IntegerConvolution, Int) -> Void
  let outputConvolution: @Sendable (IntegerConvolution, Int) -> Void
  package let crc32c: @Sendable (UInt32, UnsafeRawPointer, Int) -> UInt32
  package let containsLeastInt8: @Sendable (UnsafeRawPointer, Int) -> Bool

  /// All that this build has and this machine can run. `v3vnni-twin` is AVX-VNNI's source in AVX-512's encoding.
  package static let all: [KernelSet] =
    InstructionSet.allCases.filter { $0.isBuiltIn && $0.isOffered }.map(KernelSet.init) + twins

  #if canImport(ThimbleKernelsV3VNNITwin)
    private static let twins = InstructionSet.v4vnni.isOffered ? [v3vnniTwin] : []
    private static let v3vnniTwin = KernelSet(
      name: "v3vnni-twin",
      dense: { ThimbleKernelsV3VNNITwin.dense($0, unit: $1) },
      fractionallyStridedConvolution: { ThimbleKernelsV3VNNITwin.fractionallyStridedConvolution($0, unit: $1) },
      outputConvolution: { ThimbleKernelsV3VNNITwin.outputConvolution($0, unit: $1) },
      crc32c: { ThimbleKernelsV3VNNITwin.crc32c($0, $1, $2) },
      containsLeastInt8: { ThimbleKernelsV3VNNITwin.containsLeastInt8($0, $1) })
  #else
    private static let twins: [KernelSet] = []
  #endif

  /// Through the runtime's own dispatch.
  private init(_ set: InstructionSet) {
    self.init(
      name: "\(set.name)", dense: { set.dense($0, unit: $1) },
      fractionallyStridedConvolution: { set.fractionallyStridedConvolution($0, unit: $1) },
      outputConvolution: { set.outputConvolution($0, unit: $1) }, crc32c: { set.crc32c($0, $1, $2) },
      containsLeastInt8: { set.containsLeastInt8($0, $1) })
  }

  private init(
    name: String, dense: @escaping @Sendable (IntegerDense, Int) -> Void,
    fractionallyStridedConvolution: @escaping @Sendable (IntegerConvolution, Int) -> Void,
    outputConvolution: @escaping @Sendable (IntegerConvolution, Int) -> Void,
    crc32c: @escaping @Sendable (UInt32, UnsafeRawPointer, Int) -> UInt32,
    containsLeastInt8: @escaping @Sendable (UnsafeRawPointer, Int) -> Bool
  ) {
    (self.name, self.dense) = (name, dense)
    (self.fractionallyStridedConvolution, self.outputConvolution) = (fractionallyStridedConvolution, outputConvolution)
    (self.crc32c, self.containsLeastInt8) = (crc32c, containsLeastInt8)
  }
}
