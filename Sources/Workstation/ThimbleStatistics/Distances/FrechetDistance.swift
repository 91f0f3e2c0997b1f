/// Mean and covariance of features: a normal distribution that stands for a set of images.
package struct FeatureMoments: Sendable {
  package let mean: [Double]
  /// [length][length], symmetric.
  package let covariance: [Double]

  /// Of at least two rows of `length` features.
  package init(_ features: [Float], length: Int) {
    let count = features.count / length
    precondition(count >= 2 && features.count == count * length)
    var mean = [Double](repeating: 0, count: length)
    for row in 0..<count {
      for i in 0..<length { mean[i] += Double(features[row * length + i]) }
    }
    for i in 0..<length { mean[i] /= Double(count) }
    var sums = [Double](repeating: 0, count: length * length)
    var centred = [Double](repeating: 0, count: length)
    unsafe sums.withUnsafeMutableBufferPointer { sums in
      for row in 0..<count {
        for i in 0..<length { centred[i] = Double(features[row * length + i]) - mean[i] }
        for i in 0..<length {
          let value = centred[i]
          for j in 0...i { unsafe sums[i * length + j] += value * centred[j] }
        }
      }
    }
    for i in 0..<length {
      for j in 0...i {
        sums[i * length + j] /= Double(count - 1)
        sums[j * length + i] = sums[i * length + j]
      }
    }
    (self.mean, covariance) = (mean, sums)
  }

  /// The squared Frechet distance of two normal distributions (Dowson and Landau, 1982):
  /// |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)).
  ///
  /// With C1 = L L^T, the eigenvalues of C1 C2 are those of the symmetric L^T C2 L.
  package func squaredFrechetDistance(to other: FeatureMoments) -> Double {
    let n = mean.count
    precondition(other.mean.count == n)
    var sum = 0.0
    for i in 0..<n {
      let difference = mean[i] - other.mean[i]
      sum += difference * difference + covariance[i * n + i] + other.covariance[i * n + i]
    }
    let lower = SymmetricMatrix.lowerFactor(covariance, n)
    // (C2 L), then L^T (C2 L); L is 0 above its diagonal.
    var product = [Double](repeating: 0, count: n * n)
    for i in 0..<n {
      for k in 0..<n {
        let value = other.covariance[i * n + k]
        for j in 0...k { product[i * n + j] += value * lower[k * n + j] }
      }
    }
    var inner = [Double](repeating: 0, count: n * n)
    for k in 0..<n {
      for i in 0...k {
        let value = lower[k * n + i]
        for j in 0..<n { inner[i * n + j] += value * product[k * n + j] }
      }
    }
    let roots = SymmetricMatrix.eigenvalues(inner, n).reduce(0.0) { $0 + max(0, $1).squareRoot() }
    return max(0, sum - 2 * roots)
  }
}
