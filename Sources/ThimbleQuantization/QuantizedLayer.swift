import Thimble
import ThimbleNetworks
import ThimbleStorage

/// A layer's weights in int8, symmetric, one scale an output; some in int8 values that int4 ones stand for. They do not depend on
/// the ranges of the activations.
struct QuantizedLayer {
  let folded: FoldedLayer
  /// -127 ... 127, in the networks' order.
  private(set) var weights: [Int8]
  /// For each output: what one step of its weights stands for.
  private(set) var scales: [Double]
  /// For each output: the sum of |weight| times the largest input byte (or latent).
  private(set) var largestSums: [Int64]
  /// What the weights are made of, if they are stored as int4.
  private(set) var int4: Int4Weights?

  /// Rounds the weights to steps of a 127th of each output's largest: to the nearest one, or, where it is known how the inputs vary
  /// together, with error feedback.
  /// - Parameters:
  ///   - smallestInputScale: the least that one step of the inputs can come to stand for. The scale of an output with hardly
  ///     any weight is floored, so that its bias fits 30 bits in units of both.
  ///   - halfRange: added to the bias by the output table (4 for the last layer, else 0).
  init(
    _ folded: FoldedLayer, smallestInputScale: Double, halfRange: Double, correlations: InputCorrelations? = nil
  ) {
    self.folded = folded
    weights = [Int8](repeating: 0, count: folded.weights.count)
    scales = []
    largestSums = []
    let feedback = correlations?.phases.map { ($0.taps, ErrorFeedback(correlations: $0.sums, inputs: $0.inputs)) }
    let floors = Self.floors(folded, smallestInputScale: smallestInputScale, halfRange: halfRange)
    for output in 0..<folded.outputs {
      let indices = folded.indices(output: output)
      let largest = indices.reduce(0.0) { max($0, abs(folded.weights[$1])) }
      let scale = max(largest / 127, floors[output], 1e-30)
      for index in indices {
        let step = (folded.weights[index] / scale).rounded(.toNearestOrEven)
        weights[index] = Int8(max(-127, min(127, step)))
      }
      for (taps, feedback) in feedback ?? [] {
        let channels = folded.specification.geometry.smallChannels
        let places = taps.flatMap { tap in indices[(tap * channels)..<((tap + 1) * channels)] }
        let steps = feedback.rounded(places.map { folded.weights[$0] }, scale: scale)
        for (place, step) in zip(places, steps) { weights[place] = step }
      }
      scales.append(scale)
    }
    sumWeights()
  }

  /// The weights that int4 ones stand for.
  init(_ folded: FoldedLayer, int4: Int4Weights) {
    self.folded = folded
    self.int4 = int4
    weights = zip(int4.q, int4.groupScales).map { $0 * Int8($1) }
    scales = int4.scales
    largestSums = []
    sumWeights()
  }

  private mutating func sumWeights() {
    let largestInput: Int64 = folded.isDense ? 32768 : 255
    largestSums = (0..<folded.outputs).map { output in
      folded.indices(output: output).reduce(0) { $0 + abs(Int64(weights[$1])) } * largestInput
    }
  }

  /// The least scale of each output: see `init`.
  static func floors(_ folded: FoldedLayer, smallestInputScale: Double, halfRange: Double) -> [Double] {
    folded.biases.map { (abs($0) + halfRange) / (smallestInputScale * Double(1 << 30)) }
  }

  /// Bias, multiplier and shift of every output, for the steps that inputs and outputs stand for.
  ///
  /// Throws if an accumulator could leave int32, or a multiplier 31 bits.
  func constants(
    inputScale: Double, outputScale: Double, halfRange: Double
  ) throws(FileError) -> (biases: [Int32], multipliers: [UInt32], shift: UInt32) {
    let factors = scales.map { inputScale * $0 / outputScale }
    let largest = factors.max() ?? 1
    guard largest < Double(1 << 29) else { throw tooLarge("factor \(largest) from sums to steps", "below 2^29") }
    let shift = Self.shift(largest: largest)
    var (biases, multipliers): ([Int32], [UInt32]) = ([], [])
    for output in 0..<folded.outputs {
      let bias = ((folded.biases[output] + halfRange) / (inputScale * scales[output])).rounded(.toNearestOrEven)
      guard abs(bias) + Double(largestSums[output]) < 2_147_483_648 else {
        throw tooLarge("output \(output): sums up to \(abs(bias) + Double(largestSums[output]))", "below 2^31")
      }
      biases.append(Int32(bias))
      multipliers.append(UInt32((factors[output] * Double(sign: .plus, exponent: shift, significand: 1)).rounded()))
    }
    return (biases, multipliers, UInt32(shift))
  }

  private func tooLarge(_ found: String, _ wanted: String) -> FileError {
    FileError(
      .badData, file: "checkpoint", field: folded.specification.name, found: found, wanted: wanted,
      advice: "The weights have diverged or the network is too wide; take an earlier checkpoint or train again.")
  }

  /// The shift that brings the largest factor just below 2^31: 1 ... 62.
  private static func shift(largest: Double) -> Int {
    var shift = 1
    while shift < 62, (largest * Double(sign: .plus, exponent: shift + 1, significand: 1)).rounded() < 2_147_483_648 {
      shift += 1
    }
    return shift
  }
}

extension QuantizedLayer {
  /// As a file's record says it.
  var weightEncoding: UInt32 { int4 == nil ? LayerRecord.int8 : LayerRecord.int4 }
  /// Bytes of the weights, the scales of int4 ones included, without those of channels that do not exist.
  var storedByteCount: Int {
    guard int4 != nil else { return weights.count }
    let inputs =
      folded.isDense ? folded.specification.geometry.bigChannels : folded.specification.geometry.smallChannels
    let group = folded.isDense ? Int4Weights.denseGroup : Int4Weights.convolutionGroup
    return weights.count / 2 + weights.count / inputs * ((inputs + group - 1) / group) / 2
  }
}
