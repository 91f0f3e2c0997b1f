import Synchronization
import ThimbleThreads

/// Nearest rows by squared Euclidean distance.
package enum NearestNeighbours {
  package struct Found: Sendable, Equatable {
    package var index: Int
    package var squaredDistance: Double

    package init(index: Int, squaredDistance: Double) { (self.index, self.squaredDistance) = (index, squaredDistance) }
  }

  /// For each query the nearest of `rows`; of equally near ones the first.
  /// - Parameters:
  ///   - queries, rows: f32 [count][length].
  ///   - excluding: for each query the row that does not count: itself.
  package static func nearest(
    _ queries: [Float], among rows: [Float], length: Int, excluding: [Int]? = nil, workers: Workers
  ) -> [Found] {
    let (count, others) = (queries.count / length, rows.count / length)
    precondition(others >= (excluding == nil ? 1 : 2))
    return unsafe [Found](unsafeUninitializedCapacity: count) { found, initialized in
      nonisolated(unsafe) let found = unsafe found
      unsafe queries.withUnsafeBufferPointer { queries in
        unsafe rows.withUnsafeBufferPointer { rows in
          nonisolated(unsafe) let (queries, rows) = (queries.baseAddress!, rows.baseAddress!)
          workers.share(count) { range in
            for query in range {
              var best = Found(index: -1, squaredDistance: .infinity)
              let excluded = excluding?[query] ?? -1
              for row in 0..<others where row != excluded {
                let distance = unsafe squaredDistance(queries + query * length, rows + row * length, length)
                if distance < best.squaredDistance || best.index < 0 {
                  best = Found(index: row, squaredDistance: distance)
                }
              }
              unsafe found.initializeElement(at: query, to: best)
            }
          }
        }
      }
      initialized = count
    }
  }

  /// The sum in sixteen lanes of at most 256 squares, which f64 adds. Of bytes that is exact, so that near ties are told as they are:
  /// 256 squares of a difference of 255 are less than 2^24.
  static func squaredDistance(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ count: Int) -> Double {
    var sum = 0.0
    let (wideA, wideB) = unsafe (UnsafeRawPointer(a), UnsafeRawPointer(b))
    for start in stride(from: 0, to: count / 16, by: 256) {
      var sums = SIMD16<Float>.zero
      for i in start..<min(start + 256, count / 16) {
        let difference =
          unsafe wideA.loadUnaligned(fromByteOffset: 64 * i, as: SIMD16<Float>.self)
          - wideB.loadUnaligned(fromByteOffset: 64 * i, as: SIMD16<Float>.self)
        sums += difference * difference
      }
      sum += SIMD16<Double>(sums).sum()
    }
    for i in (count / 16 * 16)..<count { unsafe sum += Double((a[i] - b[i]) * (a[i] - b[i])) }
    return sum
  }
}

/// A share of successes with its 95 % confidence interval.
package struct Share: Sendable, Equatable {
  package var value: Double
  package var low: Double
  package var high: Double

  /// The interval is Wilson's (1927).
  package init(_ successes: Int, of count: Int) {
    precondition(count > 0)
    let (n, p, z) = (Double(count), Double(successes) / Double(count), 1.96)
    let middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    let half = z / (1 + z * z / n) * (p * (1 - p) / n + z * z / (4 * n * n)).squareRoot()
    (value, low, high) = (p, max(0, middle - half), min(1, middle + half))
  }
}

extension NearestNeighbours {
  /// The two-sample test of a leave-one-out 1-NN classifier (Lopez-Paz and Oquab, 2017): how often the nearest of all other images
  /// is of the same kind, real or generated. 0.5: they cannot be told apart; near 1: they can; below 0.5 for generated ones that
  /// sit on real ones, copies.
  /// - Parameters: as many rows of both kinds.
  package static func twoSampleAccuracy(
    _ real: [Float], _ generated: [Float], length: Int, workers: Workers
  ) -> (real: Share, generated: Share, all: Share) {
    let count = real.count / length
    precondition(real.count == generated.count && count > 0)
    let rows = real + generated
    let found = nearest(rows, among: rows, length: length, excluding: Array(0..<(2 * count)), workers: workers)
    let rightReal = (0..<count).count { found[$0].index < count }
    let rightGenerated = (count..<(2 * count)).count { found[$0].index >= count }
    return (
      Share(rightReal, of: count), Share(rightGenerated, of: count), Share(rightReal + rightGenerated, of: 2 * count)
    )
  }
}
