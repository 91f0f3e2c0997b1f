import Thimble

/// Latents as the f32 networks see them: the runtime's Q3.12 numbers as what they stand for, exactly.
extension LatentSource {
  /// Writes `rows` rows: streams `first` ... of the seed.
  /// - Parameter labels: the class of each row (default: the number of its stream modulo the number of classes).
  package func fill(
    _ numbers: UnsafeMutablePointer<Float>, rows: Int, seed: UInt64, firstStream: UInt64, domain: Philox.Domain,
    labels: [Int]? = nil
  ) {
    var row = [Int16](repeating: 0, count: count)
    for n in 0..<rows {
      var span = row.mutableSpan
      fill(&span, seed: seed, stream: firstStream + UInt64(n), domain: domain, class: labels?[n])
      for i in 0..<count { unsafe numbers[n * count + i] = Q3x12.value(row[i]) }
    }
  }

  /// The latents of seeds, as they are sampled: [seeds][count].
  package func rows(_ seeds: Range<Int>) -> [Float] {
    var row = [Int16](repeating: 0, count: count)
    return seeds.flatMap { seed in
      var span = row.mutableSpan
      fill(&span, seed: UInt64(seed))
      return row.map(Q3x12.value)
    }
  }
}
