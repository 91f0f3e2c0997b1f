import ThimbleKernelInterface
import ThimbleNetworks

/// Adam (Kingma and Ba 2014). The powers of its betas are running products, one multiplication an update: no library's `pow`.
struct Adam: Optimizer {
  private let recipe: Recipe
  private var beta1 = 1.0
  private var beta2 = 1.0

  init(_ recipe: Recipe) { self.recipe = recipe }

  mutating func advance() {
    beta1 *= recipe.beta1
    beta2 *= recipe.beta2
  }

  func update(_ network: Network) {
    network.update(
      AdamStep(
        learningRate: Float(recipe.learningRate), beta1: Float(recipe.beta1), beta2: Float(recipe.beta2),
        oneMinusBeta1: Float(1 - recipe.beta1), oneMinusBeta2: Float(1 - recipe.beta2), correction1: Float(1 - beta1),
        correction2: Float(1 - beta2), epsilon: Float(recipe.adamEpsilon), weightDecay: Float(recipe.weightDecay)))
  }
}
