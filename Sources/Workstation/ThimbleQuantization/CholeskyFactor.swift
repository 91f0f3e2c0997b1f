import ThimbleKernelInterface
import ThimbleNetworks

/// U, upper triangular, with transposed(U) U = P (M + added) transposed(P): the Cholesky factor of second moments whose rows are
/// put into another order. For errors e in that order, e^T M e is the sum over k of (sum over j >= k of U[k][j] e[j])^2.
///
/// Whoever rounds from the last to the first can make each of these terms small in turn, since all e[j] behind it are known: what
/// is still to come is then taken into account (Babai's nearest plane, 1986; in neural networks known as GPTQ).
@safe final class CholeskyFactor {
  let count: Int
  /// The number that each row has in M; the last one has the most energy.
  let order: [Int]
  /// Shape: [count][count]; what lies below the diagonal says nothing.
  let rows: UnsafeMutablePointer<Float>
  private static let block = 128

  /// - Parameter damping: part of the mean energy that is added to the diagonal.
  init(_ moments: SecondMoments, damping: Float) {
    count = moments.count
    order = moments.byEnergy.reversed()
    unsafe rows = .allocate(capacity: count * count + 32)
    unsafe rows.initialize(repeating: 0, count: count * count + 32)
    for (i, from) in order.enumerated() {
      for (j, other) in order.enumerated() { unsafe rows[i * count + j] = unsafe moments.sums[from * count + other] }
      unsafe rows[i * count + i] += max(moments.meanEnergy * damping, 1e-20)
    }
    let negative = UnsafeMutablePointer<Float>.allocate(capacity: Self.block * count + 32)
    unsafe negative.initialize(repeating: 0, count: Self.block * count + 32)
    for first in stride(from: 0, to: count, by: Self.block) {
      let end = min(first + Self.block, count)
      for k in first..<end { finish(k, before: end) }
      for i in 0..<(end - first) * count { unsafe negative[i] = unsafe -rows[first * count + i] }
      unsafe moments.addProducts(of: negative, with: rows + first * count, rowCount: end - first, to: rows, from: end)
    }
    unsafe negative.deallocate()
  }

  deinit { unsafe rows.deallocate() }

  /// Divides row k by the root of its diagonal, and takes its products from the rest of the block.
  private func finish(_ k: Int, before end: Int) {
    let row = unsafe rows + k * count
    let root = unsafe max(row[k], 1e-20).squareRoot()
    for j in 0..<count { unsafe row[j] = unsafe j < k ? 0 : row[j] / root }
    unsafe row[k] = root
    for other in k + 1..<max(end, k + 1) {
      let (target, factor) = unsafe (rows + other * count, row[other])
      for j in other..<count { unsafe target[j] -= row[j] * factor }
    }
  }
}
