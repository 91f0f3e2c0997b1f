/// The f32 kernels of one instruction set, for training. Which set it is does not show in the results.
///
/// Groups are of 16 numbers. Each function takes a part of the work, which workers share.
@frozen public struct FloatKernels: Sendable {
  /// Tiles of a gathered product.
  public var gatheredTileCount: @Sendable (GatheredProduct) -> Int
  /// Some tiles of a gathered product.
  public var gatheredProduct: @Sendable (GatheredProduct, _ tiles: Range<Int>) -> Void
  /// Some positions of a product with few outputs.
  public var narrowProduct: @Sendable (GatheredProduct, _ positions: Range<Int>) -> Void
  /// Some parts of a weight gradient.
  public var weightGradient: @Sendable (WeightGradient, _ parts: Range<Int>) -> Void
  /// The sums of some rows, channel by channel, or with a mean the sums of squared distances from it.
  public var channelSums:
    @Sendable (
      _ input: UnsafePointer<Float>, _ rows: Int, _ channels: Int, _ mean: UnsafePointer<Float>?,
      _ sums: UnsafeMutablePointer<Float>
    ) -> Void
  /// Batch normalisation and activation of some rows.
  public var normalize: @Sendable (Normalization, _ rows: Range<Int>) -> Void
  /// What some rows add to the gradients of gain and bias.
  public var normalizationSums:
    @Sendable (
      Normalization, _ rows: Range<Int>, _ gainSums: UnsafeMutablePointer<Float>,
      _ biasSums: UnsafeMutablePointer<Float>
    ) -> Void
  /// The gradient before normalisation of some rows.
  public var normalizationGradient: @Sendable (Normalization, _ rows: Range<Int>) -> Void
  /// LeakyReLU in place.
  public var leakyRectify: @Sendable (UnsafeMutablePointer<Float>, _ slope: Float, _ groups: Range<Int>) -> Void
  /// Its gradient in place, after its results.
  public var leakyRectifyGradient:
    @Sendable (
      _ gradient: UnsafeMutablePointer<Float>, _ values: UnsafePointer<Float>, _ slope: Float, _ groups: Range<Int>
    ) -> Void
  /// tanh in place.
  public var hyperbolicTangents: @Sendable (UnsafeMutablePointer<Float>, _ groups: Range<Int>) -> Void
  /// Its gradient in place, after its results.
  public var hyperbolicTangentGradient:
    @Sendable (_ gradient: UnsafeMutablePointer<Float>, _ values: UnsafePointer<Float>, _ groups: Range<Int>) -> Void
  /// One step of Adam.
  public var adam:
    @Sendable (
      AdamStep, _ parameters: UnsafeMutablePointer<Float>, _ gradients: UnsafePointer<Float>,
      _ firstMoments: UnsafeMutablePointer<Float>, _ secondMoments: UnsafeMutablePointer<Float>, _ groups: Range<Int>
    ) -> Void
  /// Moves averages towards values by a weight.
  public var moveAverages:
    @Sendable (
      _ averages: UnsafeMutablePointer<Float>, _ values: UnsafePointer<Float>, _ weight: Float, _ groups: Range<Int>
    ) -> Void
  /// softplus and sigmoid of so many groups.
  public var softplusAndSigmoids:
    @Sendable (
      _ values: UnsafePointer<Float>, _ softplus: UnsafeMutablePointer<Float>, _ sigmoid: UnsafeMutablePointer<Float>,
      _ groups: Int
    ) -> Void
  /// Multiply-accumulates of so many rounds on registers; the pointer holds three numbers to compute with, and takes one.
  public var fusedProductProbe: @Sendable (_ steps: Int, _ result: UnsafeMutablePointer<Float>) -> Int

  /// All of them.
  @inlinable public init(
    gatheredTileCount: @escaping @Sendable (GatheredProduct) -> Int,
    gatheredProduct: @escaping @Sendable (GatheredProduct, _ tiles: Range<Int>) -> Void,
    narrowProduct: @escaping @Sendable (GatheredProduct, _ positions: Range<Int>) -> Void,
    weightGradient: @escaping @Sendable (WeightGradient, _ parts: Range<Int>) -> Void,
    channelSums:
      @escaping @Sendable (
        _ input: UnsafePointer<Float>, _ rows: Int, _ channels: Int, _ mean: UnsafePointer<Float>?,
        _ sums: UnsafeMutablePointer<Float>
      ) -> Void,
    normalize: @escaping @Sendable (Normalization, _ rows: Range<Int>) -> Void,
    normalizationSums:
      @escaping @Sendable (
        Normalization, _ rows: Range<Int>, _ gainSums: UnsafeMutablePointer<Float>,
        _ biasSums: UnsafeMutablePointer<Float>
      ) -> Void,
    normalizationGradient: @escaping @Sendable (Normalization, _ rows: Range<Int>) -> Void,
    leakyRectify: @escaping @Sendable (UnsafeMutablePointer<Float>, _ slope: Float, _ groups: Range<Int>) -> Void,
    leakyRectifyGradient:
      @escaping @Sendable (
        _ gradient: UnsafeMutablePointer<Float>, _ values: UnsafePointer<Float>, _ slope: Float, _ groups: Range<Int>
      ) -> Void,
    hyperbolicTangents: @escaping @Sendable (UnsafeMutablePointer<Float>, _ groups: Range<Int>) -> Void,
    hyperbolicTangentGradient:
      @escaping @Sendable (
        _ gradient: UnsafeMutablePointer<Float>, _ values: UnsafePointer<Float>, _ groups: Range<Int>
      ) -> Void,
    adam:
      @escaping @Sendable (
        AdamStep, _ parameters: UnsafeMutablePointer<Float>, _ gradients: UnsafePointer<Float>,
        _ firstMoments: UnsafeMutablePointer<Float>, _ secondMoments: UnsafeMutablePointer<Float>, _ groups: Range<Int>
      ) -> Void,
    moveAverages:
      @escaping @Sendable (
        _ averages: UnsafeMutablePointer<Float>, _ values: UnsafePointer<Float>, _ weight: Float, _ groups: Range<Int>
      ) -> Void,
    softplusAndSigmoids:
      @escaping @Sendable (
        _ values: UnsafePointer<Float>, _ softplus: UnsafeMutablePointer<Float>, _ sigmoid: UnsafeMutablePointer<Float>,
        _ groups: Int
      ) -> Void,
    fusedProductProbe: @escaping @Sendable (_ steps: Int, _ result: UnsafeMutablePointer<Float>) -> Int
  ) {
    self.gatheredTileCount = gatheredTileCount
    self.gatheredProduct = gatheredProduct
    self.narrowProduct = narrowProduct
    self.weightGradient = weightGradient
    self.channelSums = channelSums
    self.normalize = normalize
    self.normalizationSums = normalizationSums
    self.normalizationGradient = normalizationGradient
    self.leakyRectify = leakyRectify
    self.leakyRectifyGradient = leakyRectifyGradient
    self.hyperbolicTangents = hyperbolicTangents
    self.hyperbolicTangentGradient = hyperbolicTangentGradient
    self.adam = adam
    self.moveAverages = moveAverages
    self.softplusAndSigmoids = softplusAndSigmoids
    self.fusedProductProbe = fusedProductProbe
  }
}
