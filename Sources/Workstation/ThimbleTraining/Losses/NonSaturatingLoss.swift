import ThimbleNetworks

/// The losses of the original GAN on logits (Goodfellow et al. 2014); the generator's is the non-saturating one.
///
/// Discriminator: mean softplus(-D(x)) + mean softplus(D(G(z))). Generator: mean softplus(-D(G(z))).
final class NonSaturatingLoss: AdversarialLoss {
  private var logistic: Logistic

  init(images: Int, kernels: FloatKernels) { logistic = Logistic(images: images, kernels: kernels) }

  func discriminatorLossAndGradient(
    of half: ImageOrigin, _ logits: BatchLogits, gradient: UnsafeMutablePointer<Float>
  ) -> Float {
    unsafe lossAndGradient(logits[half], wanted: half, gradient)
  }

  func generatorLossAndGradient(_ logits: BatchLogits, gradient: UnsafeMutablePointer<Float>) -> Float {
    unsafe lossAndGradient(logits.generated, wanted: .real, gradient)
  }

  /// `wanted` is what the discriminator is asked to say. `real`: softplus(-logit), gradient -sigmoid(-logit); `generated`:
  /// softplus(logit), gradient sigmoid(logit); each over the number of images. Sums run in the order of the images.
  private func lossAndGradient(
    _ logits: [Float], wanted: ImageOrigin, _ gradient: UnsafeMutablePointer<Float>
  ) -> Float {
    let sign: Float = wanted == .real ? -1 : 1
    logistic.evaluate(logits, sign: sign)
    let count = Float(logits.count)
    var loss: Float = 0
    for i in logits.indices {
      loss += logistic.softplus[i]
      unsafe gradient[i] = sign * logistic.sigmoid[i] / count
    }
    return loss / count
  }
}
