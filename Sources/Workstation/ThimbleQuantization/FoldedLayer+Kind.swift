import Thimble
import ThimbleNetworks

// What an export asks of the kind that a layer has in a file: the one place that tells them apart.

extension FoldedLayer {
  /// The kind that the layer has in a file.
  var kind: LayerKind { specification.direction == .bigToSmall ? .dense : .fractionallyStridedConvolution }
  /// Whether it reads the latent, int16 in Q3.12, or else a map of bytes.
  var readsLatent: Bool { kind.input == .latent }
  /// The largest input byte, or number of a latent.
  var largestInput: Int64 { readsLatent ? 32768 : 255 }

  /// Outputs that have weights of their own: positions and channels of a dense layer, channels of a convolution.
  var outputs: Int {
    let g = specification.geometry
    return switch kind {
    case .dense: g.smallChannels
    case .fractionallyStridedConvolution: g.bigChannels
    }
  }

  /// Inputs of a tap.
  var inputs: Int {
    let g = specification.geometry
    return switch kind {
    case .dense: g.bigChannels
    case .fractionallyStridedConvolution: g.smallChannels
    }
  }

  /// Inputs that share a scale of int4 weights.
  var scaleGroup: Int {
    switch kind {
    case .dense: Int4Weights.denseGroup
    case .fractionallyStridedConvolution: Int4Weights.convolutionGroup
    }
  }

  /// The index of each weight of one output: tap by tap, input by input.
  func indices(output: Int) -> [Int] {
    let g = specification.geometry
    switch kind {
    case .dense: return (0..<g.bigChannels).map { $0 * g.smallChannels + output }
    case .fractionallyStridedConvolution:
      return (0..<g.taps).flatMap { tap in
        let first = (tap * g.bigChannels + output) * g.smallChannels
        return first..<(first + g.smallChannels)
      }
    }
  }

  /// Adds the layer to a file.
  func append(to layout: inout Layout, _ weightEncoding: LayerRecord.WeightEncoding) throws(ThimbleError) {
    let g = specification.geometry
    switch kind {
    case .dense:
      let side = UInt32(Double(specification.flattenedPositions).squareRoot())
      try layout.appendDense(
        output: MapShape(height: side, width: side, channels: UInt32(specification.outputChannels)), shift: 1,
        weightEncoding: weightEncoding)
    case .fractionallyStridedConvolution:
      let outputPadding = g.bigSide - ((g.smallSide - 1) * g.stride - 2 * g.padding + g.kernel)
      try layout.appendConvolution(
        outputChannels: UInt32(g.bigChannels), kernel: UInt32(g.kernel), stride: UInt32(g.stride),
        padding: UInt32(g.padding), outputPadding: UInt32(outputPadding), shift: 1, weightEncoding: weightEncoding)
    }
  }
}
