/// The images over which settings are compared: ordinary ones, and hard ones, which few settings get right and which decide how bad
/// the worst image is.
struct TrialSet {
  private(set) var latents: [Int16] = []
  private(set) var reference: [Float] = []
  /// For how many images of all each one stands.
  private(set) var weights: [Double] = []

  /// - Parameters:
  ///   - hard: numbers of images that stand for themselves; the others are spread evenly over all.
  ///   - ordinary: how many others.
  init(_ pool: CalibrationPool, hard: [Int], ordinary: Int) {
    let isHard = Set(hard)
    let count = min(ordinary, pool.count)
    let others = (0..<count).map { $0 * pool.count / count }.filter { !isHard.contains($0) }
    for number in hard { append(pool, number, weight: 1) }
    for number in others { append(pool, number, weight: Double(pool.count - hard.count) / Double(others.count)) }
  }

  private mutating func append(_ pool: CalibrationPool, _ number: Int, weight: Double) {
    let (length, size) = (pool.latents.count / pool.count, pool.images.count / pool.count)
    latents += pool.latents[(number * length)..<((number + 1) * length)]
    reference += pool.images[(number * size)..<((number + 1) * size)]
    weights.append(weight)
  }

  /// What is made small: the mean over the images of the eighth power of their mean squared errors, to the eighth root,
  /// since the worst image decides.
  func error(_ pixels: [UInt8]) -> Double {
    let errors = ImageQuality.squaredErrors(pixels, reference, count: weights.count)
    var sum = 0.0
    for (error, weight) in zip(errors, weights) {
      let fourth = (error * error) * (error * error)
      sum += weight * (fourth * fourth)
    }
    return (sum / weights.reduce(0, +)).squareRoot().squareRoot().squareRoot()
  }
}

/// Latents, and the images of the frozen network for them.
struct CalibrationPool {
  /// Q3.12 [count][length].
  let latents: [Int16]
  /// f32 [count][height][width][channels].
  let images: [Float]
  let count: Int

  /// The numbers with the largest values, in falling order; equal ones in their order.
  static func largest(_ values: [Double], _ count: Int) -> [Int] {
    Array(values.indices.sorted { (values[$0], $1) > (values[$1], $0) }.prefix(count))
  }
}
