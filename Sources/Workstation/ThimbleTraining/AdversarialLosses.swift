import ThimbleKernelInterface
import ThimbleNetworks

/// The losses of the original GAN on logits, with their gradients.
final class AdversarialLosses {
  /// What the discriminator is asked to say.
  enum Wanted { case real, generated }

  private let kernels: FloatKernels
  private var arguments: [Float]
  private var softplus: [Float]
  private var sigmoid: [Float]
  private let images: Int

  init(images: Int, kernels: FloatKernels) {
    self.images = images
    self.kernels = kernels
    let rounded = (images + 15) / 16 * 16
    arguments = [Float](repeating: 0, count: rounded)
    softplus = arguments
    sigmoid = arguments
  }

  /// From the logits of the discriminator's last run: the mean loss and mean score, and the gradient, written to where the
  /// way back begins.
  ///
  /// `real`: softplus(-logit), gradient -sigmoid(-logit); `generated`: softplus(logit), gradient sigmoid(logit); each over the
  /// number of images. Sums run in the order of the images.
  func take(_ discriminator: Network, wanted: Wanted) -> (loss: Float, score: Float) {
    let logits = discriminator.output
    let sign: Float = wanted == .real ? -1 : 1
    for i in 0..<images { arguments[i] = sign * logits[i] }
    kernels.softplusAndSigmoids(&arguments, &softplus, &sigmoid, arguments.count / 16)
    let gradient = discriminator.outputGradient
    let count = Float(images)
    var (loss, score): (Float, Float) = (0, 0)
    for i in 0..<images {
      loss += softplus[i]
      score += wanted == .real ? 1 - sigmoid[i] : sigmoid[i]
      gradient[i] = sign * sigmoid[i] / count
    }
    return (loss / count, score / count)
  }
}

/// The powers of Adam's betas as running products, one multiplication an update: no library's `pow`.
struct AdamPowers {
  private var count = 0
  private var beta1 = 1.0
  private var beta2 = 1.0

  mutating func advance(_ recipe: Recipe) {
    count += 1
    beta1 *= recipe.beta1
    beta2 *= recipe.beta2
  }

  /// The share of this update's parameters in their running average: the plain mean of all updates until that share has fallen to
  /// 1 - decay, so that the initial weights leave no trace.
  func averageWeight(_ recipe: Recipe) -> Float { Float(max(1 - recipe.generatorAverage, 1 / Double(count))) }

  func step(_ recipe: Recipe) -> AdamStep {
    AdamStep(
      learningRate: Float(recipe.learningRate), beta1: Float(recipe.beta1), beta2: Float(recipe.beta2),
      oneMinusBeta1: Float(1 - recipe.beta1), oneMinusBeta2: Float(1 - recipe.beta2), correction1: Float(1 - beta1),
      correction2: Float(1 - beta2), epsilon: Float(recipe.adamEpsilon), weightDecay: Float(recipe.weightDecay))
  }
}
