import Thimble
import ThimbleNetworks
import ThimbleThreads

/// The int4 weights of a layer: each one is q times the scale of its group times the scale of its output.
struct Int4Weights {
  /// -8 ... 7, in the networks' order.
  private(set) var q: [Int8]
  /// 1 ... 15, of each weight's group.
  private(set) var groupScales: [UInt8]
  /// For each output.
  private(set) var scales: [Double] = []

  /// Inputs of a group: of a dense layer, of each tap of a convolution.
  static let denseGroup = 8, convolutionGroup = 16

  /// - Parameters:
  ///   - floors: the least scale of each output.
  ///   - phases: how the inputs of a convolution's phases vary together; none where the input is the latent.
  ///   - outputs: how errors of the outputs meet in the image.
  init(
    _ layer: FoldedLayer, floors: [Double], phases: [PhaseInputs], outputs: SecondMoments, workers: Workers
  ) {
    q = [Int8](repeating: 0, count: layer.weights.count)
    groupScales = [UInt8](repeating: 1, count: layer.weights.count)
    let indices = (0..<layer.outputs).map { layer.kind.weightIndices(output: $0) }
    chooseScales(layer, floors, indices, phases, workers)
    if layer.kind.readsLatent {
      round(layer, indices, JointRounding(inputs: nil, outputs: outputs))
      return
    }
    let channels = layer.kind.inputChannels
    for phase in phases where !phase.taps.isEmpty {
      let rows = indices.map { row in phase.taps.flatMap { row[($0 * channels)..<(($0 + 1) * channels)] } }
      round(layer, rows, JointRounding(inputs: phase.moments, outputs: outputs))
    }
  }

  private mutating func chooseScales(
    _ layer: FoldedLayer, _ floors: [Double], _ indices: [[Int]], _ phases: [PhaseInputs], _ workers: Workers
  ) {
    let channels = layer.kind.inputChannels
    var energies = [Double](repeating: 1, count: indices[0].count)
    for phase in phases {
      for (index, tap) in phase.taps.enumerated() {
        for c in 0..<channels {
          let at = index * channels + c
          energies[tap * channels + c] = unsafe Double(phase.moments.sums[at * phase.moments.count + at])
        }
      }
    }
    var starts = stride(from: 0, to: indices[0].count, by: channels).flatMap { tap in
      stride(from: tap, to: tap + channels, by: layer.kind.int4GroupInputs)
    }
    starts.append(indices[0].count)
    var found = [GroupScales?](repeating: nil, count: layer.outputs)
    unsafe found.withUnsafeMutableBufferPointer { found in
      nonisolated(unsafe) let found = unsafe found
      workers.share(layer.outputs) { range in
        for output in range {
          unsafe found[output] = GroupScales(
            indices[output].map { layer.weights[$0] }, energies: energies, starts: starts, floor: floors[output])
        }
      }
    }
    for (output, chosen) in found.enumerated() {
      scales.append(chosen!.scale)
      for (group, scale) in chosen!.groups.enumerated() {
        for place in starts[group]..<starts[group + 1] { groupScales[indices[output][place]] = UInt8(scale) }
      }
    }
  }

  private mutating func round(_ layer: FoldedLayer, _ rows: [[Int]], _ rounding: JointRounding) {
    let weights = rows.flatMap { $0.map { Float(layer.weights[$0]) } }
    var steps = rows.enumerated().flatMap { output, row in row.map { Float(scales[output] * Double(groupScales[$0])) } }
    let found = rounding.rounded(weights, steps: &steps, scales: scales, count: rows[0].count)
    var next = 0
    for (output, row) in rows.enumerated() {
      for index in row {
        q[index] = found[next]
        groupScales[index] = UInt8((Double(steps[next]) / scales[output]).rounded())
        next += 1
      }
    }
  }
}
