public import ThimbleKernelInterface

/// What this module offers to the runtime.
@export(interface)
public func integerKernels() -> IntegerKernels {
  IntegerKernels(
    dense: dense, fractionallyStridedConvolution: fractionallyStridedConvolution, outputConvolution: outputConvolution,
    crc32c: crc32c, containsLeastInt8: containsLeastInt8, dotProductProbe: dotProductProbe)
}
