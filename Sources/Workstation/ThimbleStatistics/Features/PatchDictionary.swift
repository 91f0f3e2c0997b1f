import Thimble
import ThimbleBatches
import ThimbleData
import ThimbleNetworks
import ThimbleThreads

/// Centroids of the whitened patches of a set, by k-means. A function of the set alone.
package struct PatchDictionary: Sendable {
  /// Of a patch, in pixels.
  package static let side = 6
  /// Added to the variance of a patch's bytes, and to the eigenvalues of the covariance, as in the paper's code.
  private static let contrastFloor: Float = 10
  private static let whiteningFloor = 0.1
  /// As many patches, and rounds of k-means, as in the program that Coates and Ng published.
  package static let patches = 400_000
  package static let rounds = 50

  /// Numbers of a patch, [row][column][channel].
  package let length: Int
  package let count: Int
  /// The patches' mean, [length].
  package let mean: [Float]
  /// [length][length]: the inverse of the covariance's Cholesky factor. It is the usual (ZCA) whitening but for a rotation, which
  /// changes no distance.
  package let whitening: [Float]
  /// [count][length].
  package let centroids: [Float]

  /// - Parameters:
  ///   - count: centroids. There are fewer if so few patches differ.
  ///   - patches: how many are drawn from the set (Philox, seed 0), at least as many as centroids.
  package init(
    _ set: Dataset, centroids count: Int, patches: Int = patches, rounds: Int = rounds, workers: Workers,
    kernels: FloatKernels, progress: (Int) -> Void = { _ in }
  ) {
    precondition(patches >= count && set.width >= Self.side)
    let d = Self.side * Self.side * set.channels
    length = d
    var rows = Self.drawn(patches, of: set)
    let moments = FeatureMoments(rows, length: d)
    mean = moments.mean.map { Float($0) }
    var covariance = moments.covariance
    for i in 0..<d { covariance[i * d + i] += Self.whiteningFloor }
    whitening = TriangularMatrix.inverse(SymmetricMatrix.lowerFactor(covariance, d), d).map { Float($0) }
    Self.whiten(&rows, mean, whitening, d)
    var centroids = Self.different(rows, d, most: count)
    self.count = centroids.count / d
    let assignment = NearestCentroid(length: d, count: self.count, workers: workers, kernels: kernels)
    for round in 0..<rounds {
      centroids = Self.means(rows, assignment.nearest(rows, centroids), d, else: centroids)
      progress(round + 1)
    }
    self.centroids = centroids
  }

  /// The mean of a patch and one over its deviation.
  package static func contrast(
    _ pixels: [Float], y: Int, x: Int, side: Int, channels: Int
  ) -> (mean: Float, scale: Float) {
    var (sum, squares): (Float, Float) = (0, 0)
    for row in y..<(y + Self.side) {
      for i in ((row * side + x) * channels)..<((row * side + x + Self.side) * channels) {
        sum += pixels[i]
        squares += pixels[i] * pixels[i]
      }
    }
    let n = Float(Self.side * Self.side * channels)
    let mean = sum / n
    return (mean, 1 / (max(0, squares / n - mean * mean) + contrastFloor).squareRoot())
  }

  /// Patches from anywhere in the set, contrast normalised.
  private static func drawn(_ count: Int, of set: Dataset) -> [Float] {
    let (random, places) = (Philox(seed: 0), UInt64(set.width - side + 1))
    var rows: [Float] = []
    rows.reserveCapacity(count * side * side * set.channels)
    for n in 0..<count {
      let words = random.block(UInt32(n), stream: 0, domain: .shuffling)
      func below(_ limit: UInt64, _ word: Int) -> Int { Int((UInt64(words[word]) &* limit) >> 32) }
      let image = unsafe set.image(below(UInt64(set.count), 0))
      let (y, x) = (below(places, 1), below(places, 2))
      let patch = (y..<(y + side)).flatMap { row in
        let begin = (row * set.width + x) * set.channels
        return unsafe image[begin..<(begin + side * set.channels)].map(Pixel.centred)
      }
      let (mean, scale) = contrast(patch, y: 0, x: 0, side: side, channels: set.channels)
      for value in patch { rows.append((value - mean) * scale) }
    }
    return rows
  }

  /// The first patches that are not equal to one before: flat ones are all the same, and a copy of a centroid is nearest to nothing.
  private static func different(_ rows: [Float], _ d: Int, most: Int) -> [Float] {
    var (seen, result): (Set<[Float]>, [Float]) = ([], [])
    for first in stride(from: 0, to: rows.count, by: d) where result.count < most * d {
      let row = Array(rows[first..<(first + d)])
      if seen.insert(row).inserted { result += row }
    }
    return result
  }

  private static func whiten(_ rows: inout [Float], _ mean: [Float], _ whitening: [Float], _ d: Int) {
    var centred = [Float](repeating: 0, count: d)
    for first in stride(from: 0, to: rows.count, by: d) {
      for i in 0..<d { centred[i] = rows[first + i] - mean[i] }
      for i in 0..<d {
        var sum: Float = 0
        for j in 0...i { sum += whitening[i * d + j] * centred[j] }
        rows[first + i] = sum
      }
    }
  }

  /// The mean of each cluster. A centroid without a nearest patch stays where it was.
  private static func means(_ rows: [Float], _ nearest: [Int32], _ d: Int, else old: [Float]) -> [Float] {
    var (sums, counts) = ([Double](repeating: 0, count: old.count), [Int](repeating: 0, count: old.count / d))
    for (n, cluster) in nearest.enumerated() {
      counts[Int(cluster)] += 1
      for i in 0..<d { sums[Int(cluster) * d + i] += Double(rows[n * d + i]) }
    }
    return old.indices.map { counts[$0 / d] > 0 ? Float(sums[$0] / Double(counts[$0 / d])) : old[$0] }
  }
}
