import ThimbleNetworks

/// Rounds the weights of all outputs of a layer, or of one phase of it, such that their errors cancel in the image.
///
/// With D[o][i] the error of the weight from input i to output o, H the second moments of the inputs and M those of the image's
/// gradient at the outputs, the image's squared error is near trace(M D H D^T). Outputs are visited by falling energy, and in
/// each its inputs, every weight going to the step that is best for the errors that there are by then; then once more
/// (coordinate descent; error feedback as in GPTQ, Frantar et al. 2022, over inputs and outputs).
struct JointRounding {
  /// Second moments of the inputs; nil: all alike and independent, as latents are.
  private let inputs: SecondMoments?
  private let outputs: SecondMoments
  private let inputOrder: [Int]

  /// Part of the mean energy that is added to each output's: what is known of the moments comes from samples.
  private static let damping: Float = 0.75
  private static let visits = 3

  init(inputs: SecondMoments?, outputs: SecondMoments) {
    (self.inputs, self.outputs) = (inputs, outputs)
    inputOrder = inputs?.byEnergy ?? []
  }

  /// One output's numbers, each [count], and its scale.
  private struct Row {
    let weights: UnsafePointer<Float>
    let steps: UnsafeMutablePointer<Float>
    let scale: Double
    let errors: UnsafeMutablePointer<Float>
    let q: UnsafeMutablePointer<Int8>

    /// Brings the error of weight i as near as a step can to `wanted`. Returns the change.
    func set(_ i: Int, _ wanted: Float) -> Float {
      let chosen = GroupScales.rounded(Double((weights[i] + wanted) / steps[i]))
      let change = Float(chosen) * steps[i] - weights[i] - errors[i]
      errors[i] += change
      q[i] = Int8(chosen)
      return change
    }
  }

  /// - Parameters:
  ///   - weights: [outputs][count].
  ///   - steps: what one step of each weight is, [outputs][count]. Where inputs are independent, each group's scale is chosen anew,
  ///     once it is known what its weights should make good.
  ///   - scales: of each output.
  /// - Returns: q, [outputs][count].
  func rounded(_ weights: [Float], steps: inout [Float], scales: [Double], count: Int) -> [Int8] {
    var errors = [Float](repeating: 0, count: weights.count)
    var q = [Int8](repeating: 0, count: weights.count)
    weights.withUnsafeBufferPointer { weights in
      steps.withUnsafeMutableBufferPointer { steps in
        errors.withUnsafeMutableBufferPointer { errors in
          q.withUnsafeMutableBufferPointer { q in
            visitAll(count, errors.baseAddress!) { output in
              let first = output * count
              return Row(
                weights: weights.baseAddress! + first, steps: steps.baseAddress! + first, scale: scales[output],
                errors: errors.baseAddress! + first, q: q.baseAddress! + first)
            }
          }
        }
      }
    }
    return q
  }

  private func visitAll(_ count: Int, _ errors: UnsafePointer<Float>, _ row: (Int) -> Row) {
    let added = Self.damping * outputs.meanEnergy + 1e-30
    let order = outputs.byEnergy
    var visited: [Int] = []
    var others = [Float](repeating: 0, count: count)
    for visit in 0..<Self.visits {
      for output in order {
        let moments = outputs.sums + output * outputs.count
        for i in 0..<count { others[i] = 0 }
        for other in visited where other != output && moments[other] != 0 {
          Self.add(moments[other] / (moments[output] + added), errors + other * count, to: &others)
        }
        round(row(output), others)
        if visit == 0 { visited.append(output) }
      }
    }
  }

  /// One output, given what the errors of the others come to in its place.
  private func round(_ row: Row, _ others: [Float]) {
    guard let inputs else {
      let targets = others.indices.map { Double(row.weights[$0] - others[$0]) }
      for first in stride(from: 0, to: targets.count, by: Int4Weights.denseGroup) {
        let group = first..<min(first + Int4Weights.denseGroup, targets.count)
        let step = row.scale * Double(GroupScales.best(targets, nil, group, row.scale).scale)
        for i in group {
          row.steps[i] = Float(step)
          _ = row.set(i, -others[i])
        }
      }
      return
    }
    let n = inputs.count
    let added = inputs.meanEnergy * 0.01 + 1e-30
    var slope = [Float](repeating: 0, count: n)
    for i in 0..<n {
      let error = others[i] + row.errors[i]
      if error != 0 { Self.add(error, inputs.sums + i * n, to: &slope) }
    }
    for i in inputOrder {
      // What is added to the diagonal draws the error towards 0.
      let energy = inputs.sums[i * n + i]
      let wanted = row.errors[i] - (slope[i] + added * (row.errors[i] + others[i])) / (energy + added)
      let change = row.set(i, wanted)
      if change != 0 { Self.add(change, inputs.sums + i * n, to: &slope) }
    }
  }

  /// sums += factor * row.
  @inline(__always)
  private static func add(_ factor: Float, _ row: UnsafePointer<Float>, to sums: inout [Float]) {
    sums.withUnsafeMutableBufferPointer { sums in
      let place = UnsafeMutableRawPointer(sums.baseAddress!)
      var i = 0
      while i + 16 <= sums.count {
        let some = UnsafeRawPointer(row + i).loadUnaligned(as: SIMD16<Float>.self)
        let sum = place.loadUnaligned(fromByteOffset: 4 * i, as: SIMD16<Float>.self)
        place.storeBytes(of: sum + some * factor, toByteOffset: 4 * i, as: SIMD16<Float>.self)
        i += 16
      }
      while i < sums.count {
        sums[i] += row[i] * factor
        i += 1
      }
    }
  }
}
