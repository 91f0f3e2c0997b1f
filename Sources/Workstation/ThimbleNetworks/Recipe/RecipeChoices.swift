import Thimble

/// The values of a field that is one of several words.
package protocol RecipeChoice: Sendable {
  static var all: [Self] { get }
  /// The word in recipes.
  var name: String { get }
  /// What it stands for, in a few words; for the reference page.
  var meaning: String { get }
}

extension RecipeChoice where Self: CaseIterable, AllCases == [Self] {
  package static var all: [Self] { allCases }
}

extension RecipeChoice where Self: RawRepresentable<String> {
  package var name: String { rawValue }
}

extension Recipe {
  /// The two geometries that are both called DCGAN.
  package enum Geometry: String, CaseIterable, RecipeChoice {
    case authors, common

    package var meaning: String {
      switch self {
      case .authors: "the paper's authors': 5x5 kernels, stride 2, padding 2"
      case .common: "dcgan.torch and PyTorch's example: 4x4 kernels, stride 2, padding 1"
      }
    }
  }

  /// The network that each minibatch updates.
  package enum Schedule: String, CaseIterable, RecipeChoice {
    case alternating, both

    package var meaning: String {
      switch self {
      case .alternating: "even minibatches update the generator, odd ones the discriminator (the authors' code)"
      case .both: "each minibatch updates the discriminator, then the generator"
      }
    }
  }

  /// What the networks are trained to make small: `ThimbleTraining/Losses` has a type for each.
  package enum Loss: String, CaseIterable, RecipeChoice {
    case nonSaturating

    package var meaning: String {
      switch self {
      case .nonSaturating: "the original GAN's loss on logits; the generator minimises softplus(-D(G(z)))"
      }
    }
  }

  /// How gradients change parameters: `ThimbleTraining/Optimizers` has a type for each.
  package enum Optimizer: String, CaseIterable, RecipeChoice {
    case adam

    package var meaning: String {
      switch self {
      case .adam: "Adam (Kingma and Ba 2014)"
      }
    }
  }

  /// What the generator's last layer ends with, and so the range of images.
  package enum Output: String, CaseIterable, RecipeChoice {
    case tanh, sigmoid

    package var meaning: String {
      switch self {
      case .tanh: "[-1, 1], as the paper has it"
      case .sigmoid: "[0, 1]: the authors' network of digits"
      }
    }
  }

  /// Where batch normalisation is.
  package enum Normalized: String, CaseIterable, RecipeChoice {
    case paper, none, everywhere

    package var meaning: String {
      switch self {
      case .paper: "everywhere but at the generator's output and the discriminator's input"
      case .none: "nowhere; convolutions have biases instead"
      case .everywhere: "at the generator's output and the discriminator's input as well"
      }
    }
  }
}

extension LayerSpecification.Statistics: RecipeChoice {
  package static var all: [Self] { [.channel, .output] }

  package var meaning: String {
    switch self {
    case .channel: "each channel, over images and positions"
    case .output: "each output, over images alone (the authors' code)"
    }
  }
}

extension LatentDistribution: RecipeChoice {
  package static var all: [Self] { [.uniform, .normal] }

  /// The name in recipes and files.
  package var name: String { self == .uniform ? "uniform" : "normal" }

  package var meaning: String {
    switch self {
    case .uniform: "uniform in [-1, 1] (figure 1; the range is the authors' code's)"
    case .normal: "the standard normal distribution (the common implementations)"
    }
  }
}
