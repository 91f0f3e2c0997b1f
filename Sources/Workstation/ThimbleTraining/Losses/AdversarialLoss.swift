/// Where the images of half of a minibatch come from.
package enum ImageOrigin { case real, generated }

/// The discriminator's logits of a minibatch, one an image.
package struct BatchLogits {
  package var real: [Float]
  package var generated: [Float]

  init(images: Int) {
    real = [Float](repeating: 0, count: images)
    generated = real
  }

  package subscript(origin: ImageOrigin) -> [Float] { origin == .real ? real : generated }

  mutating func set(_ origin: ImageOrigin, _ logits: UnsafePointer<Float>) {
    for i in real.indices { if origin == .real { real[i] = unsafe logits[i] } else { generated[i] = unsafe logits[i] } }
  }
}

/// What discriminator and generator are trained to make small, as functions of the discriminator's logits.
///
/// A new loss is a type of its own in this folder, a case of `Recipe.Loss`, and a line of `LossFunction.init(_:kernels:)`.
package protocol AdversarialLoss {
  /// Whether the loss of one half of a minibatch depends on the logits of the other half. If so, each update begins with an extra
  /// run of the discriminator over the real images, and both halves of `BatchLogits` are up to date. If not, only the half that is
  /// asked for is up to date.
  var comparesHalves: Bool { get }

  /// The discriminator's loss is the sum of two shares, one a half.
  /// - Parameters:
  ///   - half: the half that is asked for.
  ///   - gradient: receives the gradient of the discriminator's whole loss by each logit of this half: [images].
  /// - Returns: this half's share of the loss. If it is not finite, training ends.
  func discriminatorLossAndGradient(
    of half: ImageOrigin, _ logits: BatchLogits, gradient: UnsafeMutablePointer<Float>
  ) -> Float

  /// - Parameter gradient: receives the gradient of the generator's loss by each logit of a generated image: [images].
  /// - Returns: the generator's loss. If it is not finite, training ends.
  func generatorLossAndGradient(_ logits: BatchLogits, gradient: UnsafeMutablePointer<Float>) -> Float
}

extension AdversarialLoss {
  package var comparesHalves: Bool { false }
}
