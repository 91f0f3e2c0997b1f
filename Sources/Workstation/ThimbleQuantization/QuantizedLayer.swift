import Thimble
import ThimbleNetworks
import ThimbleStorage
import ThimbleThreads

/// A layer's weights in int8, symmetric, one scale an output; some in int8 values that int4 ones stand for. They do not depend on
/// the ranges of the activations.
struct QuantizedLayer {
  let folded: FoldedLayer
  /// By what each channel of the output is divided; the layer after multiplies by it.
  var outputFactors: [Double]
  /// -127 ... 127, in the networks' order.
  private(set) var weights: [Int8]
  /// For each output: what one step of its weights stands for, before its factor.
  private var steps: [Double]
  /// For each output: the sum of |weight| times the largest input byte (or latent).
  private(set) var largestSums: [Int64]
  /// What the weights are made of, if they are stored as int4.
  private(set) var int4: Int4Weights?

  /// What is tried as the largest weight of an output, as parts of what it is: clipping it makes the steps of all others finer.
  static let parts = [1, 0.93, 0.86, 0.8]

  /// Rounds the weights to steps of a 127th of about each output's largest: to the nearest one, or, where it is known how the inputs vary
  /// together, with error feedback.
  /// - Parameters:
  ///   - inputFactors: what each input channel was divided by.
  ///   - smallestInputScale: the least that one step of the inputs can come to stand for. The scale of an output with hardly
  ///     any weight is floored, so that its bias fits 30 bits in units of both.
  ///   - halfRange: added to the bias by the output table (4 for the last layer, else 0).
  ///   - feedback: of the inputs as they were before they were divided.
  init(
    _ folded: FoldedLayer, inputFactors: [Double], smallestInputScale: Double, halfRange: Double,
    feedback: [TapFeedback], workers: Workers
  ) {
    self.folded = folded
    outputFactors = [Double](repeating: 1, count: folded.kind.outputChannels)
    weights = [Int8](repeating: 0, count: folded.weights.count)
    steps = [Double](repeating: 0, count: folded.outputs)
    largestSums = [Int64](repeating: 0, count: folded.outputs)
    let largestInput = folded.kind.largestInput
    let inputs = inputFactors.count
    let floors = Self.floors(folded, smallestInputScale: smallestInputScale, halfRange: halfRange)
    unsafe weights.withUnsafeMutableBufferPointer { weights in
      unsafe steps.withUnsafeMutableBufferPointer { steps in
        unsafe largestSums.withUnsafeMutableBufferPointer { sums in
          nonisolated(unsafe) let (weights, steps, sums) = unsafe (weights, steps, sums)
          workers.parallelFor(folded.outputs) { output in
            let indices = folded.kind.weightIndices(output: output)
            let values = indices.map { folded.weights[$0] }
            let largest = values.indices.reduce(0.0) { max($0, abs(values[$1]) * inputFactors[$1 % inputs]) }
            var least = Double.infinity
            for part in Self.parts {
              let step = max(largest / 127 * part, floors[output], 1e-30)
              let grid = values.indices.map { step / inputFactors[$0 % inputs] }
              let rounded = TapFeedback.rounded(values, scales: grid, channels: inputs, feedback)
              guard rounded.squaredError < least else { continue }
              least = rounded.squaredError
              for (index, value) in zip(indices, rounded.steps) { unsafe weights[index] = value }
              unsafe steps[output] = step
              unsafe sums[output] = rounded.steps.reduce(0) { $0 + abs(Int64($1)) } * largestInput
            }
          }
        }
      }
    }
  }

  /// The weights that int4 ones stand for.
  init(_ folded: FoldedLayer, int4: Int4Weights) {
    self.folded = folded
    self.int4 = int4
    outputFactors = [Double](repeating: 1, count: folded.kind.outputChannels)
    let weights = zip(int4.q, int4.groupScales).map { $0 * Int8($1) }
    self.weights = weights
    steps = int4.scales
    let largestInput = folded.kind.largestInput
    largestSums = (0..<folded.outputs).map { output in
      folded.kind.weightIndices(output: output).reduce(0) { $0 + abs(Int64(weights[$1])) } * largestInput
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
    let factors = steps.indices.map { output in
      inputScale * steps[output] / (outputScale * outputFactors[output % outputFactors.count])
    }
    let largest = factors.max() ?? 1
    guard largest < Double(1 << 29) else { throw tooLarge("factor \(largest) from sums to steps", "below 2^29") }
    let shift = Self.shift(largest: largest)
    var (biases, multipliers): ([Int32], [UInt32]) = ([], [])
    for output in 0..<folded.outputs {
      let bias = ((folded.biases[output] + halfRange) / (inputScale * steps[output])).rounded(.toNearestOrEven)
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
      advice:
        "The weights have diverged or the network is too wide: use an earlier checkpoint, or train again with smaller widths."
    )
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
  var weightEncoding: LayerRecord.WeightEncoding { int4 == nil ? .int8 : .int4 }
  /// Bytes of the weights, with the scales of int4 weights, without padding channels.
  var storedByteCount: Int {
    guard int4 != nil else { return weights.count }
    let (inputs, group) = (folded.kind.inputChannels, folded.kind.int4GroupInputs)
    return weights.count / 2 + weights.count / inputs * ((inputs + group - 1) / group) / 2
  }
}
