/// Symmetric matrices in f64, [n][n].
package enum SymmetricMatrix {
  /// Eigenvalues by cyclic Jacobi rotations (Golub and Van Loan, "Matrix Computations", section 8.5), in no order: sums and square
  /// roots alone, so that every machine finds the same.
  package static func eigenvalues(_ matrix: [Double], _ n: Int) -> [Double] {
    var a = matrix
    let scale = (0..<n).reduce(0.0) { $0 + abs(a[$1 * n + $1]) }
    unsafe a.withUnsafeMutableBufferPointer { a in
      for _ in 0..<50 {
        var rest = 0.0
        for p in 0..<n {
          for q in 0..<p { unsafe rest += abs(a[p * n + q]) }
        }
        if rest <= scale * 1e-12 { break }
        for p in 0..<n {
          for q in (p + 1)..<max(n, p + 1) { unsafe rotate(a, n, p, q) }
        }
      }
    }
    return (0..<n).map { a[$0 * n + $0] }
  }

  /// Makes the element (p, q) zero.
  private static func rotate(_ a: UnsafeMutableBufferPointer<Double>, _ n: Int, _ p: Int, _ q: Int) {
    let off = unsafe a[p * n + q]
    if off == 0 { return }
    let ratio = unsafe (a[q * n + q] - a[p * n + p]) / (2 * off)
    let t = (ratio < 0 ? -1.0 : 1.0) / (abs(ratio) + (ratio * ratio + 1).squareRoot())
    let c = 1 / (t * t + 1).squareRoot()
    let s = t * c
    for k in 0..<n where k != p && k != q {
      let (kp, kq) = unsafe (a[p * n + k], a[q * n + k])
      unsafe a[p * n + k] = c * kp - s * kq
      unsafe a[q * n + k] = s * kp + c * kq
    }
    unsafe a[p * n + p] -= t * off
    unsafe a[q * n + q] += t * off
    unsafe a[p * n + q] = 0
    unsafe a[q * n + p] = 0
    for k in 0..<n where k != p && k != q {
      unsafe a[k * n + p] = a[p * n + k]
      unsafe a[k * n + q] = a[q * n + k]
    }
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

/// Lower triangular matrices in f64, [n][n].
enum TriangularMatrix {
  /// The inverse of a matrix whose diagonal has no zero.
  static func inverse(_ lower: [Double], _ n: Int) -> [Double] {
    var result = [Double](repeating: 0, count: n * n)
    for column in 0..<n {
      for row in column..<n {
        var value = row == column ? 1.0 : 0.0
        for k in column..<max(column, row) { value -= lower[row * n + k] * result[k * n + column] }
        result[row * n + column] = value / lower[row * n + row]
      }
    }
    return result
  }
}
