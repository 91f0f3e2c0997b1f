extension RecipeField {
  /// All fields, in the order in which JSON names and reads them.
  package static let all: [RecipeField] = networks + training + additions

  static let classCounts = "0, or 2 to \(Recipe.mostClasses); at most 1024 together with latentLength"

  /// What the networks are.
  package static let networks: [RecipeField] = [
    RecipeField(
      "geometry", \.geometry, then: { $0 = Recipe(geometry: $0.geometry, size: $0.size, channels: $0.channels) },
      documentation:
        "Kernels of the convolutions. It also sets the defaults of other fields: those of the authors' code, or those of its ports."
    ),
    RecipeField(
      "size", \.size, .only("one of 16, 28, 32, 64, 128") { Recipe.sizes.contains($0) },
      then: { $0 = Recipe(geometry: $0.geometry, size: $0.size, channels: $0.channels) },
      documentation: "Side of the images; the paper's generator makes 64 (figure 1). The default widths depend on it."),
    RecipeField(
      "channels", \.channels, .only("1 (grey) or 3 (colour)") { $0 == 1 || $0 == 3 },
      documentation: "Number of values per pixel."),
    RecipeField(
      "latentLength", \.latentLength, .within(1...1024),
      documentation: "Number of values in a latent, the generator's input (figure 1)."),
    RecipeField("latentDistribution", \.latentDistribution, documentation: "The distribution of a latent's values."),
    RecipeField(
      "generatorWidths", \.generatorWidths, .widths(1...7, "1 to 7"),
      then: { $0.discriminatorWidths = $0.generatorWidths.reversed() },
      documentation: """
        Channels of the generator's maps, from the first to the last but the image; each map has twice the side of the one before \
        (figure 1). By default the first map is 4x4, or 7x7 for images of 28.
        """),
    RecipeField(
      "discriminatorWidths", \.discriminatorWidths, .widths(1...7, "1 to 7"),
      documentation: """
        Channels of the discriminator's maps, from the image inwards; each map has half the side of the one before, but for strides \
        of 1. The default is the mirror of `generatorWidths`.
        """),
    RecipeField(
      "firstLayerStatistics", \.firstLayerStatistics,
      documentation: "The values that share statistics in the batch normalisation of the generator's first layer."),
    RecipeField(
      "batchNormEpsilon", \.batchNormEpsilon,
      .only("above 0 in f32, and below 1") { Float($0) > 0 && $0 < 1 },
      documentation: "The number that batch normalisation adds to a variance before the square root."),
    RecipeField(
      "leakySlope", \.leakySlope, .belowOne,
      documentation: "Slope of the discriminator's LeakyReLU below 0 (section 4); 0 is ReLU."),
    RecipeField(
      "weightDeviation", \.weightDeviation, .share,
      documentation:
        "Standard deviation of the initial weights around 0 (section 4), and of the gains around 1 (the authors' code)."
    ),
  ]

  /// How they are trained.
  package static let training: [RecipeField] = [
    RecipeField("schedule", \.schedule, documentation: "The network that each minibatch updates."),
    RecipeField(
      "batchSize", \.batchSize, .within(2...4096), documentation: "Number of images per minibatch (section 4)."),
    RecipeField("learningRate", \.learningRate, .share, documentation: "Step size of the optimiser (section 4)."),
    RecipeField("beta1", \.beta1, .belowOne, documentation: "Decay of Adam's first moment, its momentum (section 4)."),
    RecipeField("beta2", \.beta2, .belowOne, documentation: "Decay of Adam's second moment (Kingma and Ba 2014)."),
    RecipeField(
      "adamEpsilon", \.adamEpsilon, .only("above 0 in f32, and at most 1") { Float($0) > 0 && $0 <= 1 },
      documentation: "The number that Adam adds to the square root of the second moment (Kingma and Ba 2014)."),
    RecipeField(
      "weightDecay", \.weightDecay, .only("0 to 1") { $0 >= 0 && $0 <= 1 },
      documentation: "L2 weight decay, added to the gradients of all parameters (the authors' code)."),
    RecipeField(
      "passes", \.passes, .within(1...1_000_000),
      documentation: "Number of passes over the data set (the authors' code)."),
    RecipeField(
      "seed", \.seed, .only("below 2^53, so that JSON holds it exactly") { $0 < 1 << 53 },
      documentation: "The seed of the initial weights, the latents and the order of images."),
  ]

  /// What came later than the first recipes: left out of JSON by default. New fields go to the end.
  package static let additions: [RecipeField] = leftOutByDefault([
    RecipeField(
      "generatorAverage", \.generatorAverage, .only("0 (none) or more, below 1") { (0..<1).contains($0) },
      documentation: """
        Decay of a running average of the generator's weights; the averaged generator is then the one that is shown and exported. Not \
        in the paper (Yazici et al.: "The Unusual Effectiveness of Averaging in GAN Training", 2019).
        """),
    RecipeField(
      "mirrored", \.mirrored,
      documentation:
        "Whether each image is mirrored left to right with a chance of one half. Not in the paper."),
    RecipeField(
      "generatorHidden", \.generatorHidden, .widths(0...3, "at most 3"),
      documentation: """
        Widths of dense layers between the latent and the first map. The paper's networks have none (section 3); the authors' network \
        of digits has one.
        """),
    RecipeField(
      "discriminatorHidden", \.discriminatorHidden, .widths(0...3, "at most 3"),
      documentation:
        "Widths of dense layers between the last map and the score. The paper's networks have none (section 3)."),
    RecipeField(
      "discriminatorStrides", \.discriminatorStrides,
      .only("1 or 2 each") { $0.allSatisfy { (1...2).contains($0) } },
      documentation: """
        Strides of the discriminator's convolutions, where they are not all 2. The network that the paper classifies with has six \
        convolutions, every other one of stride 1 (section 5.1).
        """),
    RecipeField(
      "classes", \.classes, .only(classCounts) { $0 == 0 || (2...Recipe.mostClasses).contains($0) },
      documentation: """
        Classes of a set with labels; 0 is none. Both networks are told an image's class at every layer, as in the authors' network of \
        digits.
        """),
    RecipeField(
      "output", \.output,
      documentation: "The last function of the generator, which sets the range of images (section 4)."),
    RecipeField("normalized", \.normalized, documentation: "The layers with batch normalisation (section 3)."),
    RecipeField(
      "pooling", \.pooling,
      documentation: """
        Whether convolutions have stride 1: the discriminator then takes the largest of 2x2 positions behind them, and the generator \
        takes each position twice before them. The paper replaces this by strides (section 3).
        """),
    RecipeField(
      "globalPooling", \.globalPooling,
      documentation:
        "Whether the score is computed from the mean of each of the last maps: more stable, but slower to converge (section 3)."
    ),
    RecipeField(
      "batchNormAffine", \.batchNormAffine,
      documentation: "Whether batch normalisation learns a gain and a bias; the authors' network of digits does not."),
    RecipeField("loss", \.loss, documentation: "The loss that training minimises."),
    RecipeField(
      "optimizer", \.optimizer, documentation: "The optimiser: how gradients change the parameters (section 4)."),
  ])

  private static func leftOutByDefault(_ fields: [RecipeField]) -> [RecipeField] {
    fields.map { field in
      var field = field
      field.isLeftOutByDefault = true
      return field
    }
  }
}
