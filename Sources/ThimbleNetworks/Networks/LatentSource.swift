import Thimble

/// Latents as the f32 networks see them: the runtime's Q3.12 numbers, divided by 4096, exactly. Behind those that are drawn stands the
/// class, where there are classes: 1 for it, 0 for the others.
package struct LatentSource: Sendable, Equatable {
  /// Numbers that are drawn.
  package var length: Int
  package var distribution: LatentDistribution
  package var classes: Int

  package init(length: Int, distribution: LatentDistribution, classes: Int = 0) {
    (self.length, self.distribution, self.classes) = (length, distribution, classes)
  }

  /// Numbers of a row.
  package var count: Int { length + classes }

  /// Writes `rows` rows: streams `first` ... of the seed.
  /// - Parameter labels: the class of each row; the number of its stream modulo the classes unless told.
  package func fill(
    _ numbers: UnsafeMutablePointer<Float>, rows: Int, seed: UInt64, firstStream: UInt64, domain: Philox.Domain,
    labels: [Int]? = nil
  ) {
    for n in 0..<rows {
      let stream = firstStream + UInt64(n)
      fill(numbers + n * count, seed: seed, stream: stream, domain: domain, number: stream, label: labels?[n])
    }
  }

  private func fill(
    _ row: UnsafeMutablePointer<Float>, seed: UInt64, stream: UInt64, domain: Philox.Domain, number: UInt64, label: Int?
  ) {
    var drawn = [Int16](repeating: 0, count: length)
    var span = drawn.mutableSpan
    distribution.fill(&span, seed: seed, stream: stream, domain: domain)
    for i in 0..<length { row[i] = Float(drawn[i]) / 4096 }
    guard classes > 0 else { return }
    let label = label ?? Int(number % UInt64(classes))
    for c in 0..<classes { row[length + c] = c == label ? 1 : 0 }
  }

  /// The latents of seeds, as they are sampled: [seeds][count].
  package func rows(_ seeds: Range<Int>) -> [Float] {
    var rows = [Float](repeating: 0, count: seeds.count * count)
    rows.withUnsafeMutableBufferPointer {
      for (n, seed) in seeds.enumerated() {
        fill(
          $0.baseAddress! + n * count, seed: UInt64(seed), stream: 0, domain: .latents, number: UInt64(seed), label: nil
        )
      }
    }
    return rows
  }
}
