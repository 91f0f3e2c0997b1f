/// What a layer does with its weights: the kind, and the sizes that belong to it. `LayerPasses` runs each kind.
///
/// A layer turns one map into another, [position][channel]. A dense layer sees its input as one position.
package enum LayerKind: Sendable, Equatable {
  /// Every number of the output is made of every number of the input.
  case dense(DenseGeometry)
  /// A convolution from the big map to the small one.
  case stridedConvolution(ConvolutionGeometry)
  /// A convolution from the small map to the big one.
  case fractionallyStridedConvolution(ConvolutionGeometry)
}

extension LayerKind {
  /// Whether the paper's generators have such layers. A file without other kinds is read by the shapes of its tensors, any other
  /// one by its recipe.
  var isInPapersGenerator: Bool {
    switch self {
    case .dense, .fractionallyStridedConvolution: true
    case .stridedConvolution: false
    }
  }

  /// Side of the map before the layer, in positions.
  package var inputSide: Int {
    switch self {
    case .dense: 1
    case .stridedConvolution(let g): g.bigSide
    case .fractionallyStridedConvolution(let g): g.smallSide
    }
  }

  package var inputChannels: Int {
    switch self {
    case .dense(let g): g.inputs
    case .stridedConvolution(let g): g.bigChannels
    case .fractionallyStridedConvolution(let g): g.smallChannels
    }
  }

  /// Side of the map after the layer, in positions.
  package var outputSide: Int {
    switch self {
    case .dense(let g): DenseGeometry.side(positions: g.outputPositions)
    case .stridedConvolution(let g): g.smallSide
    case .fractionallyStridedConvolution(let g): g.bigSide
    }
  }

  package var outputChannels: Int {
    switch self {
    case .dense(let g): g.outputs / g.outputPositions
    case .stridedConvolution(let g): g.smallChannels
    case .fractionallyStridedConvolution(let g): g.bigChannels
    }
  }

  /// Outputs with weights and a bias of their own: the numbers of a dense layer, the channels of a convolution.
  package var outputs: Int {
    switch self {
    case .dense(let g): g.outputs
    case .stridedConvolution, .fractionallyStridedConvolution: outputChannels
    }
  }

  /// Side of the square of positions that weights reach over.
  package var kernel: Int {
    switch self {
    case .dense: 1
    case .stridedConvolution(let g), .fractionallyStridedConvolution(let g): g.kernel
    }
  }

  /// Numbers of an image before and after the layer.
  package var inputCount: Int { inputSide * inputSide * inputChannels }
  package var outputCount: Int { outputSide * outputSide * outputChannels }
  package var weightsPerOutput: Int { kernel * kernel * inputChannels }
  package var weightCount: Int { weightsPerOutput * outputs }

  /// Multiply-accumulates an image; those beside a map's borders are counted too.
  package var multiplyAccumulates: Int {
    switch self {
    case .dense(let g): g.inputs * g.outputs
    case .stridedConvolution(let g), .fractionallyStridedConvolution(let g): g.multiplyAccumulates
    }
  }

  /// `7x7x128 -> 14x14x64`: the maps before and after. A vector is one number.
  package var shapeText: String {
    func map(_ side: Int, _ channels: Int) -> String { "\(side)x\(side)x\(channels)" }
    func big(_ g: ConvolutionGeometry) -> String { g.bigSide == 1 ? "\(g.bigChannels)" : map(g.bigSide, g.bigChannels) }
    switch self {
    case .dense(let g) where g.weightOrder == .inputMajor: return "\(g.inputs) -> \(map(outputSide, outputChannels))"
    case .dense(let g):
      return "\(map(DenseGeometry.side(positions: g.inputPositions), g.inputs / g.inputPositions)) -> \(g.outputs)"
    case .stridedConvolution(let g): return "\(big(g)) -> \(map(g.smallSide, g.smallChannels))"
    case .fractionallyStridedConvolution(let g): return "\(map(g.smallSide, g.smallChannels)) -> \(big(g))"
    }
  }

  /// The geometry of a convolution of either kind; nil for others.
  package var convolution: ConvolutionGeometry? {
    switch self {
    case .dense: nil
    case .stridedConvolution(let g), .fractionallyStridedConvolution(let g): g
    }
  }
}
