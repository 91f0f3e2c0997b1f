/// The record of one layer, field by field as format.md lists them.
package struct LayerRecord: Equatable, Sendable {
  /// What becomes of the sums. The raw value is the number in a file, here and below.
  package enum Epilogue: UInt32, Sendable { case activations, outputTable }
  /// How weights are stored.
  package enum WeightEncoding: UInt32, Sendable {
    case int8, int4

    /// A short name, for tables.
    package var name: StaticString {
      switch self {
      case .int8: "int8"
      case .int4: "int4"
      }
    }
  }
  /// How the layer's rows follow each other.
  package enum Schedule: UInt32, Sendable { case wholeLayer, overlapping, streamed }

  /// What kind of layer it is.
  package var kind: LayerKind
  /// What becomes of the sums: `outputTable` in the last layer.
  package var epilogue = Epilogue.activations
  /// The map that the layer reads; 1 x 1 x latent length for one that reads the latent.
  package var input = MapShape(height: 0, width: 0, channels: 0)
  /// The map that the layer writes.
  package var output = MapShape(height: 0, width: 0, channels: 0)
  /// Along both axes; 0 in a layer without a kernel.
  package var kernel: UInt32 = 0, stride: UInt32 = 0, padding: UInt32 = 0, outputPadding: UInt32 = 0
  /// How the weights are stored.
  package var weightEncoding = WeightEncoding.int8
  /// 0: blocks of 16 outputs.
  package var packing: UInt32 = 0
  /// The s of the requantisation, 1 ... 62.
  package var shift: UInt32 = 0
  /// How the rows follow each other.
  package var schedule = Schedule.wholeLayer
  /// Places in the image's part of the arena.
  package var inputOffset: UInt64 = 0, outputOffset: UInt64 = 0
  /// Places in the file.
  package var weightsOffset: UInt64 = 0, weightsByteCount: UInt64 = 0, biasesOffset: UInt64 = 0,
    multipliersOffset: UInt64 = 0
  /// Rows of the image that a streamed last layer computes at once; else 0.
  package var stripRows: UInt32 = 0
  /// Rows of the input that a streamed layer behind another one finds in the arena at once; else 0: all of them.
  package var rowsHeld: UInt32 = 0

  /// A record of zeros but for its kind.
  package init(kind: LayerKind = .dense) { self.kind = kind }
}

extension LayerRecord {
  /// Bytes of the weights that geometry and encoding ask for.
  package var packedWeightsByteCount: UInt64 { weightPositions * taps * output.blocks * weightRowByteCount }

  /// Numbers of the biases, and of the multipliers.
  package var channelCount: UInt64 { weightPositions * output.positionStride }

  /// The place of an int8 weight, counted from the layer's first.
  ///
  /// - Parameters:
  ///   - position: the output position, y * width + x, in a layer whose positions have weights of their own; else 0.
  ///   - tap: the tap, along y and x; (0, 0) in a layer without a kernel.
  package func weightIndex(position: Int = 0, tap: (y: Int, x: Int) = (0, 0), output channel: Int, input: Int) -> Int {
    let row = weightRow(position: position, tap: tap, block: channel / 16)
    return ((row * Int(inputGroups) + input / 4) * 16 + channel % 16) * 4 + input % 4
  }
}
