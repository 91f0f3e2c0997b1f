import ThimbleNetworks

/// Rounds the weights of all outputs of a layer, or of one phase of it, such that their errors cancel in the image.
///
/// With D[o][i] the error of the weight from input i to output o, H the second moments of the inputs and M those of the image's
/// gradient at the outputs, the image's squared error is near trace(M D H D^T). Outputs are visited by falling energy, and in
/// each its inputs, every weight going to the step that is best if those to come are free: by the factors of M and H. Then all
/// are visited again, the others being as they are (coordinate descent).
struct JointRounding {
  /// Second moments of the inputs; nil: all alike and independent, as latents are.
  private let inputs: SecondMoments?
  private let outputs: SecondMoments
  private let inputFactor: CholeskyFactor?
  private let outputFactor: CholeskyFactor

  /// Parts of the mean energy that are added to the diagonals: what is known of the moments comes from samples.
  private static let inputDamping: Float = 0.01, outputDamping: Float = 0.5
  private static let visits = 2

  init(inputs: SecondMoments?, outputs: SecondMoments) {
    (self.inputs, self.outputs) = (inputs, outputs)
    inputFactor = inputs.map { CholeskyFactor($0, damping: Self.inputDamping) }
    outputFactor = CholeskyFactor(outputs, damping: Self.outputDamping)
  }

  /// One output's numbers, each [count], and its scale.
  @safe private struct Row {
    let weights: UnsafePointer<Float>
    let steps: UnsafeMutablePointer<Float>
    let scale: Double
    let errors: UnsafeMutablePointer<Float>
    let q: UnsafeMutablePointer<Int8>

    /// Brings the error of weight i as near as a step can to `wanted`. Returns the change.
    func set(_ i: Int, _ wanted: Float) -> Float {
      let chosen = unsafe GroupScales.rounded(Double((weights[i] + wanted) / steps[i]))
      let change = unsafe Float(chosen) * steps[i] - weights[i] - errors[i]
      unsafe errors[i] += change
      unsafe q[i] = Int8(chosen)
      return change
    }
  }

  /// - Parameters:
  ///   - weights: [outputs][count].
  ///   - steps: what one step of each weight is, [outputs][count]. Where inputs are independent, each group's scale is chosen again,
  ///     once it is known what its weights should make good.
  ///   - scales: of each output.
  /// - Returns: q, [outputs][count].
  func rounded(_ weights: [Float], steps: inout [Float], scales: [Double], count: Int) -> [Int8] {
    var errors = [Float](repeating: 0, count: weights.count)
    var q = [Int8](repeating: 0, count: weights.count)
    unsafe weights.withUnsafeBufferPointer { weights in
      unsafe steps.withUnsafeMutableBufferPointer { steps in
        unsafe errors.withUnsafeMutableBufferPointer { errors in
          unsafe q.withUnsafeMutableBufferPointer { q in
            unsafe visitAll(count, errors.baseAddress!) { output in
              let first = output * count
              return unsafe Row(
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
    let added = Self.outputDamping * outputs.meanEnergy + 1e-30
    let order = outputFactor.order
    var others = [Float](repeating: 0, count: count)
    for visit in 0..<Self.visits {
      for k in order.indices.reversed() {
        let output = order[k]
        for i in 0..<count { others[i] = 0 }
        if visit == 0 {
          let factors = unsafe outputFactor.rows + k * outputs.count
          for j in k + 1..<max(order.count, k + 1) {
            unsafe Self.add(factors[j] / factors[k], errors + order[j] * count, to: &others)
          }
        } else {
          let moments = unsafe outputs.sums + output * outputs.count
          for other in 0..<outputs.count where unsafe other != output && moments[other] != 0 {
            unsafe Self.add(moments[other] / (moments[output] + added), errors + other * count, to: &others)
          }
        }
        round(row(output), others, visit)
      }
    }
  }

  /// One output, given what the errors of the others come to in its place.
  private func round(_ row: Row, _ others: [Float], _ visit: Int) {
    guard let inputs, let inputFactor else {
      roundGroups(row, others)
      return
    }
    let n = inputs.count
    if visit == 0 {
      for k in (0..<n).reversed() {
        let factors = unsafe inputFactor.rows + k * n
        var sum: Float = 0
        for j in k + 1..<max(n, k + 1) {
          let at = inputFactor.order[j]
          unsafe sum += factors[j] * (row.errors[at] + others[at])
        }
        let at = inputFactor.order[k]
        _ = unsafe row.set(at, -others[at] - sum / factors[k])
      }
      return
    }
    let added = inputs.meanEnergy * Self.inputDamping + 1e-30
    var slope = [Float](repeating: 0, count: n)
    for i in 0..<n {
      let error = unsafe others[i] + row.errors[i]
      if error != 0 { unsafe Self.add(error, inputs.sums + i * n, to: &slope) }
    }
    for i in inputFactor.order.reversed() {
      // What is added to the diagonal draws the error towards 0.
      let wanted =
        unsafe row.errors[i] - (slope[i] + added * (row.errors[i] + others[i])) / (inputs.sums[i * n + i] + added)
      let change = row.set(i, wanted)
      if change != 0 { unsafe Self.add(change, inputs.sums + i * n, to: &slope) }
    }
  }

  /// One output whose inputs are independent: each group's scale is chosen again.
  private func roundGroups(_ row: Row, _ others: [Float]) {
    let targets = others.indices.map { unsafe Double(row.weights[$0] - others[$0]) }
    for first in stride(from: 0, to: targets.count, by: Int4Weights.denseGroup) {
      let group = first..<min(first + Int4Weights.denseGroup, targets.count)
      let step = row.scale * Double(GroupScales.best(targets, nil, group, row.scale).scale)
      for i in group {
        unsafe row.steps[i] = Float(step)
        _ = row.set(i, -others[i])
      }
    }
  }

  /// sums += factor * row.
  @inline(__always)
  private static func add(_ factor: Float, _ row: UnsafePointer<Float>, to sums: inout [Float]) {
    unsafe sums.withUnsafeMutableBufferPointer { sums in
      let place = UnsafeMutableRawPointer(sums.baseAddress!)
      var i = 0
      while i + 16 <= sums.count {
        let some = unsafe UnsafeRawPointer(row + i).loadUnaligned(as: SIMD16<Float>.self)
        let sum = unsafe place.loadUnaligned(fromByteOffset: 4 * i, as: SIMD16<Float>.self)
        unsafe place.storeBytes(of: sum + some * factor, toByteOffset: 4 * i, as: SIMD16<Float>.self)
        i += 16
      }
      while i < sums.count {
        unsafe sums[i] += row[i] * factor
        i += 1
      }
    }
  }
}
