/// How the inputs of a fractionally-strided convolution vary together: for each phase the mean of x[i] x[j] over many places,
/// where x are the inputs of its taps, [tap][channel].
struct InputCorrelations {
  struct Phase {
    /// Indices ky * kernel + kx.
    let taps: [Int]
    /// Sums of products; the lower triangle of [inputs][inputs].
    var sums: [Double]
    let inputs: Int
  }

  private(set) var phases: [Phase]
  private let layer: FoldedLayer
  /// Places of each phase that one image gives.
  private let placesPerImage: Int

  init(_ layer: FoldedLayer, images: Int) {
    let g = layer.specification.geometry
    self.layer = layer
    // Some thousands of places say enough about some hundreds of inputs.
    placesPerImage = max(1, 4096 / images)
    phases = (0..<(g.stride * g.stride)).map { phase in
      let taps = (0..<g.taps).filter {
        $0 / g.kernel % g.stride == phase / g.stride && $0 % g.kernel % g.stride == phase % g.stride
      }
      let inputs = taps.count * g.smallChannels
      return Phase(taps: taps, sums: [Double](repeating: 0, count: inputs * inputs), inputs: inputs)
    }
  }

  /// Takes in places of one image, other ones for each `number`.
  /// - Parameter map: the layer's input, f32 [side][side][channels].
  mutating func add(_ map: UnsafePointer<Float>, number: Int) {
    let g = layer.specification.geometry
    for index in phases.indices {
      let (a, b) = (index / g.stride, index % g.stride)
      let rows = (0..<g.bigSide).filter { ($0 + g.padding) % g.stride == a }
      let columns = (0..<g.bigSide).filter { ($0 + g.padding) % g.stride == b }
      let places = rows.count * columns.count
      guard places > 0 else { continue }
      for place in 0..<min(placesPerImage, places) {
        // A large odd number steps through all places before one comes again.
        let at = (number * placesPerImage + place) * 40_503 % places
        add(&phases[index], inputs(map, rows[at / columns.count], columns[at % columns.count], phases[index].taps))
      }
    }
  }

  /// The inputs of the given taps at one place of the output; 0 off the map.
  private func inputs(_ map: UnsafePointer<Float>, _ y: Int, _ x: Int, _ taps: [Int]) -> [Double] {
    let g = layer.specification.geometry
    return taps.flatMap { tap -> [Double] in
      let (dy, dx) = (y + g.padding - tap / g.kernel, x + g.padding - tap % g.kernel)
      guard dy >= 0, dx >= 0, dy / g.stride < g.smallSide, dx / g.stride < g.smallSide else {
        return [Double](repeating: 0, count: g.smallChannels)
      }
      let row = map + (dy / g.stride * g.smallSide + dx / g.stride) * g.smallChannels
      return (0..<g.smallChannels).map { Double(row[$0]) }
    }
  }

  private func add(_ phase: inout Phase, _ x: [Double]) {
    let n = phase.inputs
    phase.sums.withUnsafeMutableBufferPointer { sums in
      for i in 0..<n where x[i] != 0 {
        for j in 0...i { sums[i * n + j] += x[i] * x[j] }
      }
    }
  }
}

/// Rounding with error feedback: each weight is rounded in turn, and what its rounding changes in the output, on the inputs that
/// the layer sees, is made good by the weights that follow (Frantar et al.: "GPTQ", 2022; Hassibi and Stork 1993).
package struct ErrorFeedback {
  /// The order in which inputs are rounded: those with the most energy first.
  private let order: [Int]
  /// Upper triangle of the Cholesky factor of the inverse correlation, in that order, [inputs][inputs].
  private let factor: [Double]

  /// - Parameter correlations: the lower triangle of [inputs][inputs], to any scale.
  package init(correlations: [Double], inputs n: Int) {
    let energy = (0..<n).map { correlations[$0 * n + $0] }
    let order = (0..<n).sorted { (energy[$0], $1) > (energy[$1], $0) }
    // A little of the mean energy on the diagonal keeps the matrix invertible where inputs are never seen.
    let damping = max(energy.reduce(0, +) / Double(max(1, n)) * 0.01, 1e-12)
    var matrix = [Double](repeating: 0, count: n * n)
    for i in 0..<n {
      for j in 0...i {
        let (p, q) = (max(order[i], order[j]), min(order[i], order[j]))
        matrix[i * n + j] = correlations[p * n + q] + (i == j ? damping : 0)
      }
    }
    factor = Self.upperFactorOfInverse(matrix, n)
    self.order = order
  }

  /// Rounds the weights of one output, [tap][channel], to whole steps of `scale` within -127 ... 127.
  package func rounded(_ weights: [Double], scale: Double) -> [Int8] {
    let n = order.count
    var rest = order.map { weights[$0] }
    var steps = [Int8](repeating: 0, count: n)
    for i in 0..<n {
      let step = max(-127, min(127, (rest[i] / scale).rounded(.toNearestOrEven)))
      steps[order[i]] = Int8(step)
      let error = (rest[i] - step * scale) / factor[i * n + i]
      for j in (i + 1)..<max(n, i + 1) { rest[j] -= error * factor[i * n + j] }
    }
    return steps
  }

  /// U, upper triangular, with transposed(U) U the inverse of the matrix whose lower triangle is given.
  private static func upperFactorOfInverse(_ matrix: [Double], _ n: Int) -> [Double] {
    let lower = choleskyFactor(matrix, n)
    // The columns of the inverse of the lower factor, one by one, each by forward substitution; kept as rows.
    var inverse = [Double](repeating: 0, count: n * n)
    for column in 0..<n {
      for row in column..<n {
        var sum = row == column ? 1.0 : 0
        for k in column..<row { sum -= lower[row * n + k] * inverse[column * n + k] }
        inverse[column * n + row] = sum / lower[row * n + row]
      }
    }
    // (L^-1)^T L^-1, lower triangle: products of those rows.
    var product = [Double](repeating: 0, count: n * n)
    for i in 0..<n {
      for j in 0...i {
        var sum = 0.0
        for k in i..<n { sum += inverse[i * n + k] * inverse[j * n + k] }
        product[i * n + j] = sum
      }
    }
    let factor = choleskyFactor(product, n)
    var upper = [Double](repeating: 0, count: n * n)
    for i in 0..<n {
      for j in 0...i { upper[j * n + i] = factor[i * n + j] }
    }
    return upper
  }

  /// The lower Cholesky factor of a positive definite matrix whose lower triangle is given.
  private static func choleskyFactor(_ matrix: [Double], _ n: Int) -> [Double] {
    var l = [Double](repeating: 0, count: n * n)
    for i in 0..<n {
      for j in 0...i {
        var sum = matrix[i * n + j]
        for k in 0..<j { sum -= l[i * n + k] * l[j * n + k] }
        l[i * n + j] = i == j ? max(sum, 1e-300).squareRoot() : sum / l[j * n + j]
      }
    }
    return l
  }
}
