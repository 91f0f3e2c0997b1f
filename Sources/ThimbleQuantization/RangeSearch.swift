import ThimbleStorage

/// Chooses what one step of each layer's activations stands for, by the error of the images and not by the largest
/// activation: clipping the rarest ones buys finer steps for all others.
struct RangeSearch {
  let image: GeneratorImage
  let runner: IntegerRunner
  /// Q3.12 [count][length], and the images of the frozen network for them.
  let latents: [Int16]
  let reference: [Float]
  let count: Int

  /// Ranges that are tried, as parts of the largest activation: a coarse ladder down from it, then a fine one around the best.
  /// Plain products and quotients, since a library's `pow` may differ between machines.
  static let coarse: [Double] = (1...9).reduce(into: [1]) { ladder, _ in ladder.append(ladder.last! / 1.2) }
  static let fine: [Double] = [1 / (1.05 * 1.05), 1 / 1.05, 1.05, 1.05 * 1.05]
  /// The least part of the largest activation that can come out.
  static let leastPart = 0.15

  /// The error that is made small: the mean over the images of the eighth power of their mean squared errors, to the eighth root,
  /// since the worst image decides.
  private func error(_ scales: [Double]) throws(FileError) -> Double {
    try image.write(activationScales: scales)
    let pixels = try runner.run(UnsafeRawBufferPointer(image.bytes), latents: latents)
    let errors = ImageQuality.squaredErrors(pixels, reference, count: count)
    let powers = errors.map { error in
      let square = error * error
      return square * square * square * square
    }
    return powers.reduce(0, +).squareRoot().squareRoot().squareRoot()
  }

  /// Layer by layer from the first, twice; each layer takes the range with the least error, the others as they are.
  /// - Parameter largest: the largest activation of each layer but the last.
  func scales(largest: [Double], progress: (Int, Int) -> Void) throws(FileError) -> [Double] {
    var scales = largest.map { $0 / 255 }
    var best = try error(scales)
    let rounds = [Self.coarse, Self.fine]
    let total = largest.count * rounds.reduce(0) { $0 + $1.count }
    var done = 0
    for (number, round) in rounds.enumerated() {
      for layer in largest.indices {
        let base = number == 0 ? largest[layer] / 255 : scales[layer]
        for part in round {
          var candidate = scales
          candidate[layer] = max(base * part, largest[layer] / 255 * Self.leastPart)
          let found = try error(candidate)
          if found < best { (best, scales) = (found, candidate) }
          done += 1
          progress(done, total)
        }
      }
    }
    return scales
  }
}
