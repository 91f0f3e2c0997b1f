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
    sums.withUnsafeMutableBufferPointer { sums in
      for row in 0..<count {
        for i in 0..<length { centred[i] = Double(features[row * length + i]) - mean[i] }
        for i in 0..<length {
          let value = centred[i]
          for j in 0...i { sums[i * length + j] += value * centred[j] }
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
    let lower = Self.lowerFactor(covariance, n)
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

  /// The Cholesky factor of a positive semidefinite matrix; a pivot that rounding has left without meaning gives a column of zeros.
  package static func lowerFactor(_ matrix: [Double], _ n: Int) -> [Double] {
    var lower = [Double](repeating: 0, count: n * n)
    let least = (0..<n).reduce(0.0) { max($0, matrix[$1 * n + $1]) } * 1e-14
    for j in 0..<n {
      var pivot = matrix[j * n + j]
      for k in 0..<j { pivot -= lower[j * n + k] * lower[j * n + k] }
      guard pivot > least else { continue }
      let root = pivot.squareRoot()
      lower[j * n + j] = root
      for i in (j + 1)..<max(n, j + 1) {
        var value = matrix[i * n + j]
        for k in 0..<j { value -= lower[i * n + k] * lower[j * n + k] }
        lower[i * n + j] = value / root
      }
    }
    return lower
  }
}

enum SymmetricMatrix {
  /// Eigenvalues by cyclic Jacobi rotations (Golub and Van Loan, "Matrix Computations", section 8.5), in no order: sums and square
  /// roots alone, so that every machine finds the same.
  static func eigenvalues(_ matrix: [Double], _ n: Int) -> [Double] {
    var a = matrix
    let scale = (0..<n).reduce(0.0) { $0 + abs(a[$1 * n + $1]) }
    a.withUnsafeMutableBufferPointer { a in
      for _ in 0..<50 {
        var rest = 0.0
        for p in 0..<n {
          for q in 0..<p { rest += abs(a[p * n + q]) }
        }
        if rest <= scale * 1e-12 { break }
        for p in 0..<n {
          for q in (p + 1)..<max(n, p + 1) { rotate(a, n, p, q) }
        }
      }
    }
    return (0..<n).map { a[$0 * n + $0] }
  }

  /// Makes the element (p, q) zero.
  private static func rotate(_ a: UnsafeMutableBufferPointer<Double>, _ n: Int, _ p: Int, _ q: Int) {
    let off = a[p * n + q]
    if off == 0 { return }
    let ratio = (a[q * n + q] - a[p * n + p]) / (2 * off)
    let t = (ratio < 0 ? -1.0 : 1.0) / (abs(ratio) + (ratio * ratio + 1).squareRoot())
    let c = 1 / (t * t + 1).squareRoot()
    let s = t * c
    for k in 0..<n where k != p && k != q {
      let (kp, kq) = (a[p * n + k], a[q * n + k])
      a[p * n + k] = c * kp - s * kq
      a[q * n + k] = s * kp + c * kq
    }
    a[p * n + p] -= t * off
    a[q * n + q] += t * off
    a[p * n + q] = 0
    a[q * n + p] = 0
    for k in 0..<n where k != p && k != q {
      a[k * n + p] = a[p * n + k]
      a[k * n + q] = a[q * n + k]
    }
  }
}
