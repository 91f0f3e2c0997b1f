import ThimbleNetworks

/// A loss of any type, by its functions: without an existential, which boards' Swift does not have.
@safe package struct LossFunction {
  let comparesHalves: Bool
  let ofDiscriminator: (ImageOrigin, BatchLogits, UnsafeMutablePointer<Float>) -> Float
  let ofGenerator: (BatchLogits, UnsafeMutablePointer<Float>) -> Float

  package init(_ loss: some AdversarialLoss) {
    comparesHalves = loss.comparesHalves
    unsafe ofDiscriminator = { unsafe loss.discriminatorLossAndGradient(of: $0, $1, gradient: $2) }
    unsafe ofGenerator = { unsafe loss.generatorLossAndGradient($0, gradient: $1) }
  }

  /// The loss that the recipe names.
  init(_ recipe: Recipe, kernels: FloatKernels) {
    switch recipe.loss {
    case .nonSaturating: self.init(NonSaturatingLoss(images: recipe.batchSize, kernels: kernels))
    }
  }
}
