import Foundation
import ThimbleStorage

/// Chooses what one step of each layer's activations stands for, and how the channels are evened out before, by the error of the
/// images and not by the largest activation: clipping the rarest ones buys finer steps for all others.
struct RangeSearch {
  let image: GeneratorImage
  let rounding: LayerRounding
  let survey: ActivationSurvey
  let runner: IntegerRunner
  let pool: CalibrationPool

  /// Ranges that are tried, as parts of the largest activation: a coarse ladder down from it, then finer ones around the best.
  /// Plain products and quotients, since a library's `pow` may differ between machines.
  static let coarse: [Double] = (1...9).reduce(into: [1]) { ladder, _ in ladder.append(ladder.last! / 1.2) }
  static let evened: [Double] = [1, 1.2, 1.44, 1.44 * 1.2]
  static let fine: [[Double]] = [[1 / 1.1, 1.1, 1.21], [1 / (1.05 * 1.05), 1 / 1.05, 1.05, 1.05 * 1.05]]
  /// The least part of the largest activation that can come out.
  static let leastPart = 0.15

  private func error(_ scales: [Double], _ trial: TrialSet) throws(FileError) -> Double {
    try image.write(activationScales: scales)
    return trial.error(try runner.run(UnsafeRawBufferPointer(image.bytes), latents: trial.latents))
  }

  /// The images with the largest errors.
  private func hard(_ scales: [Double]) throws(FileError) -> [Int] {
    try image.write(activationScales: scales)
    let pixels = try runner.run(UnsafeRawBufferPointer(image.bytes), latents: pool.latents)
    let errors = ImageQuality.squaredErrors(pixels, pool.images, count: pool.count)
    return CalibrationPool.largest(errors, max(1, pool.count / 32))
  }

  /// Layer by layer from the first; each takes what has the least error, the others as they are.
  func scales(progress: (Int, Int) -> Void) throws(FileError) -> [Double] {
    let largest = survey.largest
    let hidden = largest.indices
    let ordinary = max(64, pool.count / 16)
    var scales = largest.map { $0 / 255 }
    let most = Int(ProcessInfo.processInfo.environment["EQ"] ?? "4")!
    let total =
      hidden.count * (Self.coarse.count + most * Self.evened.count + Self.fine[0].count + Self.fine[1].count)
    var done = 0
    func step() {
      done += 1
      progress(done, total)
    }
    var hardest = Set<Int>()
    for layer in hidden {
      hardest.formUnion(CalibrationPool.largest(survey.imageMaxima[layer], max(1, pool.count / 128)))
    }
    var trial = TrialSet(pool, hard: hardest.sorted(), ordinary: ordinary)
    var best = try error(scales, trial)
    for layer in hidden {
      for part in Self.coarse {
        var candidate = scales
        candidate[layer] = largest[layer] / 255 * max(part, Self.leastPart)
        let found = try error(candidate, trial)
        if found < best { (best, scales) = (found, candidate) }
        step()
      }
    }
    for layer in hidden {
      var kept = (factors: image.layers[layer].outputFactors, next: image.layers[layer + 1])
      let base = scales[layer]
      for eighths in 0..<(most + 1) where eighths > 0 {
        let factors = rounding.factors(survey, layer, eighths: eighths)
        let next = rounding.layer(layer + 1, inputFactors: factors)
        image.setOutputFactors(factors, ofLayer: layer)
        image.replace(layer + 1, with: next)
        for part in Self.evened {
          var candidate = scales
          candidate[layer] = min(base * part, largest[layer] / 255)
          let found = try error(candidate, trial)
          if found < best { (best, scales, kept) = (found, candidate, (factors, next)) }
          step()
        }
      }
      image.setOutputFactors(kept.factors, ofLayer: layer)
      image.replace(layer + 1, with: kept.next)
    }
    for round in Self.fine {
      trial = TrialSet(pool, hard: try hard(scales), ordinary: ordinary)
      best = try error(scales, trial)
      for layer in hidden {
        let base = scales[layer]
        for part in round {
          var candidate = scales
          candidate[layer] = max(base * part, largest[layer] / 255 * Self.leastPart)
          let found = try error(candidate, trial)
          if found < best { (best, scales) = (found, candidate) }
          step()
        }
      }
    }
    return scales
  }
}
