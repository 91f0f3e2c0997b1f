/// A layer's products with its weights, forward and backward. A kind that is no convolution has a case of its own, and a type with
/// these four functions.
enum LayerPasses {
  case strided(Convolution)
  case fractionallyStrided(Convolution)

  /// `trained`: the layer will also be run backward, on up to `images` images.
  init(_ kind: LayerKind, trained: Bool, images: Int, _ context: ComputeContext) {
    func convolution(_ g: ConvolutionGeometry, strided: Bool) -> LayerPasses {
      let convolution = Convolution(
        g, context, strided: trained || strided, fractionallyStrided: trained || !strided,
        gradientImages: trained ? images : nil)
      return strided ? .strided(convolution) : .fractionallyStrided(convolution)
    }
    switch kind {
    // A dense layer is a convolution of one position and one tap.
    case .dense(let g):
      switch g.weightOrder {
      case .inputMajor: self = convolution(.dense(big: g.inputs, small: g.outputs), strided: true)
      case .outputMajor: self = convolution(.dense(big: g.outputs, small: g.inputs), strided: false)
      }
    case .stridedConvolution(let g): self = convolution(g, strided: true)
    case .fractionallyStridedConvolution(let g): self = convolution(g, strided: false)
    }
  }

  /// Renews what is derived from the weights.
  func pack(_ weights: UnsafePointer<Float>) {
    switch self {
    case .strided(let convolution), .fractionallyStrided(let convolution): unsafe convolution.pack(weights)
    }
  }

  /// [images][inputCount] to [images][outputCount].
  func forward(_ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>, images: Int) {
    switch self {
    case .strided(let convolution): unsafe convolution.strided(input, output, images: images)
    case .fractionallyStrided(let convolution): unsafe convolution.fractionallyStrided(input, output, images: images)
    }
  }

  /// The input's gradient from the output's.
  func inputGradient(
    _ gradient: UnsafePointer<Float>, into inputGradient: UnsafeMutablePointer<Float>, images: Int
  ) {
    switch self {
    case .strided(let convolution): unsafe convolution.fractionallyStrided(gradient, inputGradient, images: images)
    case .fractionallyStrided(let convolution): unsafe convolution.strided(gradient, inputGradient, images: images)
    }
  }

  /// Adds the gradient of the weights, given the input and the output's gradient.
  func weightGradient(
    _ input: UnsafePointer<Float>, _ gradient: UnsafePointer<Float>, images: Int,
    into weights: UnsafeMutablePointer<Float>
  ) {
    switch self {
    case .strided(let convolution):
      unsafe convolution.weightGradient(big: input, small: gradient, images: images, into: weights)
    case .fractionallyStrided(let convolution):
      unsafe convolution.weightGradient(big: gradient, small: input, images: images, into: weights)
    }
  }
}
