import Thimble
import ThimbleNetworks

/// What an export must know of each kind of layer: how a .thimble file describes it and holds its weights.
extension ThimbleNetworks.LayerKind {
  /// Whether the input is the latent, Q3.12, and not bytes of a map: so it is in dense layers, and only there.
  var readsLatent: Bool {
    switch self {
    case .dense: true
    case .stridedConvolution, .fractionallyStridedConvolution: false
    }
  }

  /// The largest magnitude of an input.
  var largestInput: Int64 { readsLatent ? 32768 : 255 }

  /// What one step of a latent stands for.
  static let latentScale = 1 / Double(Q3x12.one)

  /// Inputs that share a scale of int4 weights; in a convolution, those of each tap.
  var int4GroupInputs: Int { readsLatent ? Int4Weights.denseGroup : Int4Weights.convolutionGroup }

  /// Appends the record of such a layer.
  func append(to layout: inout Layout, weightEncoding: LayerRecord.WeightEncoding) throws(ThimbleError) {
    switch self {
    case .dense:
      let side = UInt32(outputSide)
      try layout.appendDense(
        output: MapShape(height: side, width: side, channels: UInt32(outputChannels)), shift: 1,
        weightEncoding: weightEncoding)
    case .fractionallyStridedConvolution(let g):
      try layout.appendConvolution(
        outputChannels: UInt32(g.bigChannels), kernel: UInt32(g.kernel), stride: UInt32(g.stride),
        padding: UInt32(g.padding), outputPadding: UInt32(g.outputPadding), shift: 1, weightEncoding: weightEncoding)
    case .stridedConvolution: preconditionFailure("no generator has strided convolutions")
    }
  }
}
