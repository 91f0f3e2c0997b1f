import ThimbleTraining
import ThimbleNetworks

/// A rule of the paper (section 3), as a recipe that breaks it: everything else stays as it is.
package struct Guideline: Sendable {
  /// The name of its folders.
  package let name: String
  /// What is done instead, in a few words.
  package let title: String
  /// What the paper says of it.
  package let claim: String
  private let change: @Sendable (inout Recipe) -> Void

  package static let all = [
    Guideline(name: "paper", title: "as the paper says", claim: "what the others are compared with") { _ in },
    Guideline(
      name: "pooling", title: "pooling for strides, 3x3 kernels",
      claim: "strides let a network learn its own downsampling"
    ) {
      $0.pooling = true
    },
    Guideline(name: "bare", title: "no batch normalisation", claim: "deep generators do not begin to learn; collapse") {
      $0.normalized = .none
    },
    Guideline(
      name: "everywhere", title: "batch normalisation everywhere", claim: "samples oscillate, the model is unstable"
    ) {
      $0.normalized = .everywhere
    },
    Guideline(name: "hidden", title: "dense hidden layers", claim: "to be removed from deeper networks") {
      let width = 8 * $0.generatorWidths.last!
      ($0.generatorHidden, $0.discriminatorHidden) = ([width], [width])
    },
    Guideline(
      name: "relu", title: "ReLU in the discriminator",
      claim: "LeakyReLU works well there, most of all at higher resolution"
    ) {
      $0.leakySlope = 0
    },
    Guideline(name: "momentum", title: "momentum 0.9", claim: "oscillation and instability; 0.5 is stable") {
      $0.beta1 = 0.9
    },
    Guideline(name: "head", title: "a head with global pooling", claim: "stabler, but slower to converge") {
      $0.globalPooling = true
    },
  ]

  package func recipe(_ base: Recipe, seed: UInt64) -> Recipe {
    var recipe = base
    change(&recipe)
    recipe.seed = seed
    return recipe
  }
}
