import ThimbleKernelTypes
import ThimbleKernels

#if canImport(ThimbleKernelsV3) && canImport(ThimbleKernelsV4VNNI)
  import ThimbleKernelsV3
  import ThimbleKernelsV4VNNI
#endif

// The one place where an instruction set becomes a call: each kernel of the runtime, once for each set.

#if canImport(ThimbleKernelsV3) && canImport(ThimbleKernelsV4VNNI)
  let hasX86Kernels = true

  extension InstructionSet {
    package func dense(_ layer: IntegerDense, unit: Int) {
      switch self {
      case .v4vnni: ThimbleKernelsV4VNNI.dense(layer, unit: unit)
      case .v3: ThimbleKernelsV3.dense(layer, unit: unit)
      default: ThimbleKernels.dense(layer, unit: unit)
      }
    }

    package func fractionallyStridedConvolution(_ layer: IntegerConvolution, unit: Int) {
      switch self {
      case .v4vnni: ThimbleKernelsV4VNNI.fractionallyStridedConvolution(layer, unit: unit)
      case .v3: ThimbleKernelsV3.fractionallyStridedConvolution(layer, unit: unit)
      default: ThimbleKernels.fractionallyStridedConvolution(layer, unit: unit)
      }
    }

    package func outputConvolution(_ layer: IntegerConvolution, unit: Int) {
      switch self {
      case .v4vnni: ThimbleKernelsV4VNNI.outputConvolution(layer, unit: unit)
      case .v3: ThimbleKernelsV3.outputConvolution(layer, unit: unit)
      default: ThimbleKernels.outputConvolution(layer, unit: unit)
      }
    }

    package func crc32c(_ crc: UInt32, _ bytes: UnsafeRawPointer, _ byteCount: Int) -> UInt32 {
      switch self {
      case .v4vnni: ThimbleKernelsV4VNNI.crc32c(crc, bytes, byteCount)
      case .v3: ThimbleKernelsV3.crc32c(crc, bytes, byteCount)
      default: ThimbleKernels.crc32c(crc, bytes, byteCount)
      }
    }

    package func containsLeastInt8(_ bytes: UnsafeRawPointer, _ byteCount: Int) -> Bool {
      switch self {
      case .v4vnni: ThimbleKernelsV4VNNI.containsLeastInt8(bytes, byteCount)
      case .v3: ThimbleKernelsV3.containsLeastInt8(bytes, byteCount)
      default: ThimbleKernels.containsLeastInt8(bytes, byteCount)
      }
    }
  }
#else
  let hasX86Kernels = false

  extension InstructionSet {
    package func dense(_ layer: IntegerDense, unit: Int) { ThimbleKernels.dense(layer, unit: unit) }

    package func fractionallyStridedConvolution(_ layer: IntegerConvolution, unit: Int) {
      ThimbleKernels.fractionallyStridedConvolution(layer, unit: unit)
    }

    package func outputConvolution(_ layer: IntegerConvolution, unit: Int) {
      ThimbleKernels.outputConvolution(layer, unit: unit)
    }

    package func crc32c(_ crc: UInt32, _ bytes: UnsafeRawPointer, _ byteCount: Int) -> UInt32 {
      ThimbleKernels.crc32c(crc, bytes, byteCount)
    }

    package func containsLeastInt8(_ bytes: UnsafeRawPointer, _ byteCount: Int) -> Bool {
      ThimbleKernels.containsLeastInt8(bytes, byteCount)
    }
  }
#endif
