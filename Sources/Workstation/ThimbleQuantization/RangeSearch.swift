import ThimbleStorage

/// Chooses what one step of each layer's activations stands for, and how the channels are evened out before, by the error of the
/// images and not by the largest activation: clipping the rarest ones buys finer steps for all others.
struct RangeSearch {
  let file: ModelFileBytes
  let rounding: LayerRounding
  let survey: ActivationSurvey
  let runner: IntegerRunner
  let pool: CalibrationPool

  /// Ranges that are tried, as parts of the largest activation: a coarse ladder down from it, then finer ones around the best.
  /// Plain products and quotients, since a library's `pow` may differ between machines.
  static let coarse: [Double] = (1...9).reduce(into: [1]) { ladder, _ in ladder.append(ladder.last! / 1.2) }
  static let evened: [Double] = [1, 1.2, 1.44, 1.728]
  /// Channels are evened out if it makes the error at least this many times what it was: less may be chance.
  static let worthwhile = 0.87
  static let fine: [[Double]] = [[1 / 1.1, 1.1, 1.21], [1 / (1.05 * 1.05), 1 / 1.05, 1.05, 1.05 * 1.05]]
  /// The least part of the largest activation that can come out.
  static let leastPart = 0.15

  private func error(_ scales: [Double], _ trial: TrialSet) throws(FileError) -> Double {
    try file.write(activationScales: scales)
    return unsafe trial.error(try runner.run(UnsafeRawBufferPointer(file.bytes), latents: trial.latents))
  }

  /// Ranges first, then how channels are evened out, then finer ranges, on the images that came out worst so far. Layer by layer
  /// from the first; each takes what has the least error, the others as they are.
  /// - Returns: what one step of each layer's output stands for, but the last's. The file has the factors and weights.
  func scales(progress: (Int, Int) -> Void) throws(FileError) -> [Double] {
    let largest = survey.largest
    let evenings = Equalization.ways.count * Self.evened.count
    let total = largest.count * (Self.coarse.count + evenings + Self.fine.reduce(0) { $0 + $1.count })
    var state = State(scales: largest.map { $0 / 255 }, trial: trial(hard: mostActive()), done: 0)
    state.error = try error(state.scales, state.trial)
    for layer in largest.indices {
      try tryParts(Self.coarse, of: largest[layer] / 255, layer, &state)
      progress(state.done, total)
    }
    // int4 weights are rounded once: what follows them is not evened out.
    for layer in largest.indices where file.layers[layer + 1].int4 == nil {
      try evenOut(layer, &state)
      progress(state.done, total)
    }
    for parts in Self.fine {
      state.trial = trial(hard: try worst(state.scales))
      state.error = try error(state.scales, state.trial)
      for layer in largest.indices {
        try tryParts(parts, of: state.scales[layer], layer, &state)
        progress(state.done, total)
      }
    }
    return state.scales
  }

  private struct State {
    var scales: [Double]
    var trial: TrialSet
    var error = Double.infinity
    var done: Int
  }

  private func trial(hard: [Int]) -> TrialSet { TrialSet(pool, hard: hard, ordinary: max(64, pool.count / 16)) }

  /// The images with the largest activations of each layer: those that clipping hurts.
  private func mostActive() -> [Int] {
    let count = max(1, pool.count / 128)
    return Set(survey.imageMaxima.flatMap { CalibrationPool.largest($0, count) }).sorted()
  }

  /// The images with the largest errors.
  private func worst(_ scales: [Double]) throws(FileError) -> [Int] {
    try file.write(activationScales: scales)
    let pixels = try unsafe runner.run(UnsafeRawBufferPointer(file.bytes), latents: pool.latents)
    let errors = ImageQuality.squaredErrors(pixels, pool.images, count: pool.count)
    return CalibrationPool.largest(errors, max(1, pool.count / 32))
  }

  private func tryParts(_ parts: [Double], of scale: Double, _ layer: Int, _ state: inout State) throws(FileError) {
    for part in parts {
      var candidate = state.scales
      candidate[layer] = max(scale * part, survey.largest[layer] / 255 * Self.leastPart)
      let found = try error(candidate, state.trial)
      if found < state.error { (state.error, state.scales) = (found, candidate) }
      state.done += 1
    }
  }

  private func evenOut(_ layer: Int, _ state: inout State) throws(FileError) {
    var kept = (factors: file.layers[layer].outputFactors, next: file.layers[layer + 1])
    let (base, before) = (state.scales[layer], state.error)
    for way in Equalization.ways {
      let factors = rounding.factors(survey, layer, way)
      let next = rounding.layer(layer + 1, inputFactors: factors)
      file.setOutputFactors(factors, ofLayer: layer)
      file.replace(layer + 1, with: next)
      for part in Self.evened {
        var candidate = state.scales
        candidate[layer] = min(base * part, survey.largest[layer] / 255)
        let found = try error(candidate, state.trial)
        if found < min(state.error, before * Self.worthwhile) {
          (state.error, state.scales, kept) = (found, candidate, (factors, next))
        }
        state.done += 1
      }
    }
    file.setOutputFactors(kept.factors, ofLayer: layer)
    file.replace(layer + 1, with: kept.next)
  }
}
