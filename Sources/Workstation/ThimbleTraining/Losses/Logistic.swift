import ThimbleKernelInterface
import ThimbleNetworks

/// Softplus and sigmoid of a minibatch's logits, by the kernels.
struct Logistic {
  private let kernels: FloatKernels
  private var arguments: [Float]
  /// Of the last logits, and more to a multiple of 16.
  private(set) var softplus: [Float]
  private(set) var sigmoid: [Float]

  init(images: Int, kernels: FloatKernels) {
    self.kernels = kernels
    arguments = [Float](repeating: 0, count: (images + 15) / 16 * 16)
    softplus = arguments
    sigmoid = arguments
  }

  /// Computes softplus and sigmoid of `sign` times each logit.
  mutating func evaluate(_ logits: [Float], sign: Float) {
    for i in logits.indices { arguments[i] = sign * logits[i] }
    unsafe kernels.softplusAndSigmoids(&arguments, &softplus, &sigmoid, arguments.count / 16)
  }

  /// The mean probability that the discriminator gives to images' being real. With a `sign` of -1 it is 1 minus the sigmoid of the
  /// negative logit, which rounds otherwise than the sigmoid of the logit.
  mutating func meanScore(_ logits: [Float], sign: Float) -> Float {
    evaluate(logits, sign: sign)
    var score: Float = 0
    for i in logits.indices { score += sign < 0 ? 1 - sigmoid[i] : sigmoid[i] }
    return score / Float(logits.count)
  }
}
