import ThimbleKernelTypes
import ThimbleKernels

#if canImport(ThimbleKernelsV2)
  import ThimbleKernelsV2
  import ThimbleKernelsV3
  import ThimbleKernelsV3VNNI
  import ThimbleKernelsV4VNNI
#endif

/// The runtime's kernels of one instruction set.
private struct IntegerKernels {
  var dense: (IntegerDense, Int) -> Void
  var fractionallyStridedConvolution: (IntegerConvolution, Int) -> Void
  var outputConvolution: (IntegerConvolution, Int) -> Void
  var crc32c: (UInt32, UnsafeRawPointer, Int) -> UInt32
  var containsLeastInt8: (UnsafeRawPointer, Int) -> Bool
  var dotProductProbe: (Int) -> Int
}

// The one place where an instruction set becomes a call.
extension InstructionSet {
  #if canImport(ThimbleKernelsV2)
    static let x86IsBuiltIn = true

    private var kernels: IntegerKernels {
      switch self {
      case .v4vnni:
        IntegerKernels(
          dense: ThimbleKernelsV4VNNI.dense,
          fractionallyStridedConvolution: ThimbleKernelsV4VNNI.fractionallyStridedConvolution,
          outputConvolution: ThimbleKernelsV4VNNI.outputConvolution, crc32c: ThimbleKernelsV4VNNI.crc32c,
          containsLeastInt8: ThimbleKernelsV4VNNI.containsLeastInt8,
          dotProductProbe: ThimbleKernelsV4VNNI.dotProductProbe)
      case .v3vnni:
        IntegerKernels(
          dense: ThimbleKernelsV3VNNI.dense,
          fractionallyStridedConvolution: ThimbleKernelsV3VNNI.fractionallyStridedConvolution,
          outputConvolution: ThimbleKernelsV3VNNI.outputConvolution, crc32c: ThimbleKernelsV3VNNI.crc32c,
          containsLeastInt8: ThimbleKernelsV3VNNI.containsLeastInt8,
          dotProductProbe: ThimbleKernelsV3VNNI.dotProductProbe)
      case .v3:
        IntegerKernels(
          dense: ThimbleKernelsV3.dense,
          fractionallyStridedConvolution: ThimbleKernelsV3.fractionallyStridedConvolution,
          outputConvolution: ThimbleKernelsV3.outputConvolution, crc32c: ThimbleKernelsV3.crc32c,
          containsLeastInt8: ThimbleKernelsV3.containsLeastInt8, dotProductProbe: ThimbleKernelsV3.dotProductProbe)
      case .v2:
        IntegerKernels(
          dense: ThimbleKernelsV2.dense,
          fractionallyStridedConvolution: ThimbleKernelsV2.fractionallyStridedConvolution,
          outputConvolution: ThimbleKernelsV2.outputConvolution, crc32c: ThimbleKernelsV2.crc32c,
          containsLeastInt8: ThimbleKernelsV2.containsLeastInt8, dotProductProbe: ThimbleKernelsV2.dotProductProbe)
      default: Self.portableKernels
      }
    }
  #else
    static let x86IsBuiltIn = false

    private var kernels: IntegerKernels { Self.portableKernels }
  #endif

  private static var portableKernels: IntegerKernels {
    IntegerKernels(
      dense: ThimbleKernels.dense,
      fractionallyStridedConvolution: ThimbleKernels.fractionallyStridedConvolution,
      outputConvolution: ThimbleKernels.outputConvolution, crc32c: ThimbleKernels.crc32c,
      containsLeastInt8: ThimbleKernels.containsLeastInt8, dotProductProbe: ThimbleKernels.dotProductProbe)
  }

  package func dense(_ layer: IntegerDense, unit: Int) { kernels.dense(layer, unit) }

  package func fractionallyStridedConvolution(_ layer: IntegerConvolution, unit: Int) {
    kernels.fractionallyStridedConvolution(layer, unit)
  }

  package func outputConvolution(_ layer: IntegerConvolution, unit: Int) { kernels.outputConvolution(layer, unit) }

  package func crc32c(_ crc: UInt32, _ bytes: UnsafeRawPointer, _ byteCount: Int) -> UInt32 {
    kernels.crc32c(crc, bytes, byteCount)
  }

  package func containsLeastInt8(_ bytes: UnsafeRawPointer, _ byteCount: Int) -> Bool {
    kernels.containsLeastInt8(bytes, byteCount)
  }

  /// Runs the set's innermost products on registers alone, `steps` rounds of them. Returns the multiply-accumulates done.
  package func dotProductProbe(_ steps: Int) -> Int { kernels.dotProductProbe(steps) }
}
