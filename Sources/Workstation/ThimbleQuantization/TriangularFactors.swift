/// Factors of symmetric matrices in f64, rows after rows. Every sum has one order, so that the bits depend on nothing else.
enum TriangularFactors {
  /// U, upper triangular, with transposed(U) U the inverse of the positive definite matrix whose lower triangle is given, [n][n].
  static func upperFactorOfInverse(_ matrix: [Double], _ n: Int) -> [Double] {
    let lower = choleskyFactor(matrix, n)
    // The columns of the inverse of the lower factor, one by one, each by forward substitution; kept as rows.
    var inverse = [Double](repeating: 0, count: n * n)
    unsafe inverse.withUnsafeMutableBufferPointer { inverse in
      unsafe lower.withUnsafeBufferPointer { lower in
        for column in 0..<n {
          let result = unsafe inverse.baseAddress! + column * n
          for row in column..<n {
            let factors = unsafe lower.baseAddress! + row * n
            let sum = unsafe (row == column ? 1 : 0) - dot(factors + column, result + column, row - column)
            unsafe result[row] = sum / factors[row]
          }
        }
      }
    }
    // (L^-1)^T L^-1, lower triangle: products of those rows.
    var product = [Double](repeating: 0, count: n * n)
    unsafe inverse.withUnsafeBufferPointer { inverse in
      for i in 0..<n {
        for j in 0...i {
          product[i * n + j] = unsafe dot(inverse.baseAddress! + i * n + i, inverse.baseAddress! + j * n + i, n - i)
        }
      }
    }
    let factor = choleskyFactor(product, n)
    var upper = [Double](repeating: 0, count: n * n)
    for i in 0..<n {
      for j in 0...i { upper[j * n + i] = factor[i * n + j] }
    }
    return upper
  }

  /// The lower Cholesky factor of a positive definite matrix whose lower triangle is given.
  static func choleskyFactor(_ matrix: [Double], _ n: Int) -> [Double] {
    var l = [Double](repeating: 0, count: n * n)
    unsafe l.withUnsafeMutableBufferPointer { l in
      for i in 0..<n {
        let row = unsafe l.baseAddress! + i * n
        for j in 0...i {
          let other = unsafe l.baseAddress! + j * n
          let sum = unsafe matrix[i * n + j] - dot(row, other, j)
          unsafe row[j] = i == j ? max(sum, 1e-300).squareRoot() : sum / other[j]
        }
      }
    }
    return l
  }

  /// In eight sums, number i modulo 8 each, and the rest after them.
  private static func dot(_ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>, _ count: Int) -> Double {
    var sums = SIMD8<Double>.zero
    let (a8, b8) = unsafe (UnsafeRawPointer(a), UnsafeRawPointer(b))
    let whole = count & ~7
    for i in stride(from: 0, to: whole, by: 8) {
      unsafe sums +=
        a8.loadUnaligned(fromByteOffset: i * 8, as: SIMD8<Double>.self)
        * b8.loadUnaligned(fromByteOffset: i * 8, as: SIMD8<Double>.self)
    }
    var sum = sums.sum()
    for i in whole..<count { unsafe sum += a[i] * b[i] }
    return sum
  }
}
