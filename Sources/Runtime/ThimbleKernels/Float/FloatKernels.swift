public import ThimbleKernelInterface

/// What this module offers to training.
@export(interface)
public func floatKernels() -> FloatKernels {
  FloatKernels(
    gatheredTileCount: gatheredTileCount, gatheredProduct: gatheredProduct, narrowProduct: narrowProduct,
    weightGradient: weightGradient, channelSums: channelSums, normalize: normalize,
    normalizationSums: normalizationSums, normalizationGradient: normalizationGradient, leakyRectify: leakyRectify,
    leakyRectifyGradient: leakyRectifyGradient, hyperbolicTangents: hyperbolicTangents,
    hyperbolicTangentGradient: hyperbolicTangentGradient, adam: adam, moveAverages: moveAverages,
    softplusAndSigmoids: softplusAndSigmoids, fusedProductProbe: fusedProductProbe)
}
