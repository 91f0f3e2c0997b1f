import ThimbleKernelInterface
import ThimbleNetworks
import ThimbleThreads

/// Sums of products x[i] x[j] over many rows x, f32 [count][count]. Their order is fixed: every instruction set and thread count gives the same bits.
@safe final class SecondMoments {
  let count: Int
  private(set) var rows = 0
  /// Shape: [count][count]. Complete after `flush()`.
  let sums: UnsafeMutablePointer<Float>
  private let waiting: UnsafeMutablePointer<Float>
  private var waitingRows = 0
  private let scratch: UnsafeMutablePointer<Float>
  private let workers: Workers
  private let kernels: FloatKernels
  /// Rows that are gathered before they are multiplied out.
  private static let batch = 512

  init(_ count: Int, _ workers: Workers, _ kernels: FloatKernels) {
    (self.count, self.workers, self.kernels) = (count, workers, kernels)
    unsafe sums = .allocate(capacity: count * count)
    unsafe sums.initialize(repeating: 0, count: count * count)
    unsafe waiting = .allocate(capacity: Self.batch * count)
    unsafe waiting.initialize(repeating: 0, count: Self.batch * count)
    unsafe scratch = .allocate(capacity: Self.pass(count, count).scratchCount(images: Self.batch))
  }

  deinit {
    unsafe sums.deallocate()
    unsafe waiting.deallocate()
    unsafe scratch.deallocate()
  }

  /// Takes in a row that `write` puts at its argument, all `count` numbers of it.
  func add(_ write: (UnsafeMutablePointer<Float>) -> Void) {
    unsafe write(waiting + waitingRows * count)
    waitingRows += 1
    rows += 1
    if waitingRows == Self.batch { flush() }
  }

  /// Multiplies out what waits.
  func flush() {
    unsafe addProducts(of: waiting, with: waiting, rowCount: waitingRows, to: sums, from: 0)
    waitingRows = 0
  }

  /// target[i][j] += sum over rows r of a[r][i] b[r][j], for i from `first` on; everything [..][count].
  func addProducts(
    of a: UnsafePointer<Float>, with b: UnsafePointer<Float>, rowCount: Int, to target: UnsafeMutablePointer<Float>,
    from first: Int
  ) {
    if first == count { return }
    unsafe Self.pass(count - first, count).run(
      big: a + first, bigStride: count, small: b, images: rowCount, into: target + first * count, scratch: scratch,
      zeros: a, workers, kernels)
  }

  /// A batch of rows is one shard.
  private static func pass(_ bigChannels: Int, _ smallChannels: Int) -> WeightGradientPass {
    WeightGradientPass(
      bigPositions: 1, bigChannels: bigChannels, smallPositions: 1, smallChannels: smallChannels, offsets: [0],
      tapsInRow: 1, shardImages: batch)
  }

  /// The mean of the squares.
  var meanEnergy: Float {
    var sum = 0.0
    for i in 0..<count { unsafe sum += Double(sums[i * count + i]) }
    return Float(sum / Double(count))
  }

  /// Indices by falling energy.
  var byEnergy: [Int] { (0..<count).sorted { unsafe (sums[$0 * count + $0], $1) > (sums[$1 * count + $1], $0) } }
}
