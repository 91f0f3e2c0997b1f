/// The kinds of layers. The raw value is a kind's number in a file.
///
/// A kind is one type, in a file of its own in this folder, which says what `LayerDefinition` asks. This file is the only one
/// that tells the kinds apart: all others ask the record.
package enum LayerKind: UInt32, Sendable {
  case dense = 1
  case fractionallyStridedConvolution = 2

  /// The greatest number that stands for a kind.
  static var last: LayerKind { .fractionallyStridedConvolution }

  /// A short name, for tables.
  package var name: StaticString {
    switch self {
    case .dense: DenseLayer.name
    case .fractionallyStridedConvolution: FractionallyStridedConvolutionLayer.name
    }
  }

  /// The minor version of the format that the kind came with.
  var minorVersion: UInt32 {
    switch self {
    case .dense, .fractionallyStridedConvolution: 0
    }
  }

  /// What layers of the kind read.
  package var input: LayerInput {
    switch self {
    case .dense: DenseLayer.input
    case .fractionallyStridedConvolution: FractionallyStridedConvolutionLayer.input
    }
  }
}

/// What a layer reads: the latent, if it is the first one, or else the map of the layer before.
package enum LayerInput: Sendable {
  case latent, map

  /// The kind that a refusal asks for where a layer of another input stands.
  var usualKind: LayerKind {
    switch self {
    case .latent: .dense
    case .map: .fractionallyStridedConvolution
    }
  }
}

// What the kind of a record's layer says.

extension LayerRecord {
  /// Refuses kernels, strides and paddings that the kind does not know.
  func checkParameters(_ index: Int) throws(ThimbleError) {
    switch kind {
    case .dense: try DenseLayer(self).checkParameters(index)
    case .fractionallyStridedConvolution: try FractionallyStridedConvolutionLayer(self).checkParameters(index)
    }
  }

  /// The output that follows from valid parameters. A side below 1 is 0.
  var impliedOutput: MapShape {
    switch kind {
    case .dense: DenseLayer(self).impliedOutput
    case .fractionallyStridedConvolution: FractionallyStridedConvolutionLayer(self).impliedOutput
    }
  }

  /// Groups of 4 inputs that the kernels read.
  var inputGroups: UInt64 {
    switch kind {
    case .dense: DenseLayer(self).inputGroups
    case .fractionallyStridedConvolution: FractionallyStridedConvolutionLayer(self).inputGroups
    }
  }

  /// Inputs that share a scale of int4 weights: steps of 4.
  var scaleSteps: UInt64 {
    switch kind {
    case .dense: DenseLayer(self).scaleSteps
    case .fractionallyStridedConvolution: FractionallyStridedConvolutionLayer(self).scaleSteps
    }
  }

  /// Output positions that have weights of their own.
  package var weightPositions: UInt64 {
    switch kind {
    case .dense: DenseLayer(self).weightPositions
    case .fractionallyStridedConvolution: FractionallyStridedConvolutionLayer(self).weightPositions
    }
  }

  /// Rows of weights, all inputs x 16 outputs, of a position and a block of outputs.
  var taps: UInt64 {
    switch kind {
    case .dense: DenseLayer(self).taps
    case .fractionallyStridedConvolution: FractionallyStridedConvolutionLayer(self).taps
    }
  }

  /// The number of the row, all inputs of one tap or position x 16 outputs, in the order of the file.
  func weightRow(position: Int, tap: (y: Int, x: Int), block: Int) -> Int {
    switch kind {
    case .dense: DenseLayer(self).weightRow(position: position, tap: tap, block: block)
    case .fractionallyStridedConvolution:
      FractionallyStridedConvolutionLayer(self).weightRow(position: position, tap: tap, block: block)
    }
  }

  /// Calls `body` with each row, all inputs of one tap or position x 16 outputs, of the last block, until it says true.
  func anyRow(ofLastBlock count: Int, _ body: (Int) -> Bool) -> Bool {
    switch kind {
    case .dense: DenseLayer(self).anyRow(ofLastBlock: count, body)
    case .fractionallyStridedConvolution:
      FractionallyStridedConvolutionLayer(self).anyRow(ofLastBlock: count, body)
    }
  }

  /// Bytes of the input in the arena: the latent, a map, or some rows of it.
  package var inputByteCount: UInt64 {
    switch kind {
    case .dense: DenseLayer(self).inputByteCount
    case .fractionallyStridedConvolution: FractionallyStridedConvolutionLayer(self).inputByteCount
    }
  }

  /// Zeros that the kernel reads for positions outside of the input.
  package var zerosByteCount: UInt64 {
    switch kind {
    case .dense: DenseLayer(self).zerosByteCount
    case .fractionallyStridedConvolution: FractionallyStridedConvolutionLayer(self).zerosByteCount
    }
  }

  /// Which rows of the input which rows of the output need. The geometry is valid.
  package var rows: LayerRows {
    switch kind {
    case .dense: DenseLayer(self).rows
    case .fractionallyStridedConvolution: FractionallyStridedConvolutionLayer(self).rows
    }
  }

  /// Bytes of weights that some output rows read.
  package func weightByteCount(rows: Range<Int>) -> UInt64 {
    switch kind {
    case .dense: DenseLayer(self).weightByteCount(rows: rows)
    case .fractionallyStridedConvolution: FractionallyStridedConvolutionLayer(self).weightByteCount(rows: rows)
    }
  }

  /// Multiply-accumulates an image, as the field counts them: also those with positions outside of the map, which are never
  /// computed.
  package var multiplyAccumulates: Double {
    switch kind {
    case .dense: DenseLayer(self).multiplyAccumulates
    case .fractionallyStridedConvolution: FractionallyStridedConvolutionLayer(self).multiplyAccumulates
    }
  }
}

extension LayerCall {
  /// Computes the rows, by the kernel of the layer's kind.
  @inline(never)
  func run(_ parallelFor: ParallelFor) {
    switch record.kind {
    case .dense: DenseLayer.run(self, parallelFor)
    case .fractionallyStridedConvolution: FractionallyStridedConvolutionLayer.run(self, parallelFor)
    }
  }
}
