/// The sizes of a dense layer. A map before or after it is flattened: files order its numbers [channel][position], the networks
/// [position][channel].
package struct DenseGeometry: Sendable, Equatable {
  /// How the weights lie in memory, which decides in what order products are added.
  package enum WeightOrder: Sendable { case inputMajor, outputMajor }

  /// Numbers of the input, labels included.
  package var inputs: Int
  package var outputs: Int
  /// Positions of the map that the input was, without its labels; 1 for a vector.
  package var inputPositions = 1
  /// Positions of the map that the output becomes; 1 for a vector.
  package var outputPositions = 1
  package var weightOrder = WeightOrder.inputMajor

  /// Side of a square map with this number of positions.
  static func side(positions: Int) -> Int { Int(Double(positions).squareRoot()) }
}
