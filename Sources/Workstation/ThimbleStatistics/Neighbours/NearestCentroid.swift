import ThimbleNetworks
import ThimbleThreads

/// Finds the nearest of many centroids for many rows, by a product of matrices.
struct NearestCentroid {
  private static let rowsAtOnce = 1024

  private let length: Int
  private let count: Int
  private let context: ComputeContext
  private let product: Convolution
  private let output: Slot

  init(length: Int, count: Int, workers: Workers, kernels: FloatKernels) {
    (self.length, self.count) = (length, count)
    context = ComputeContext(workspace: Workspace(), workers: workers, kernels: kernels)
    product = Convolution(
      ConvolutionGeometry(
        bigSide: 1, bigChannels: length, smallSide: 1, smallChannels: count, kernel: 1, stride: 1, padding: 0),
      context, strided: true, fractionallyStrided: false, gradientImages: nil)
    output = context.workspace.reserve(Self.rowsAtOnce * count)
    context.workspace.allocate()
  }

  /// The index of the nearest centroid, of equal ones the first, for each row.
  func nearest(_ rows: [Float], _ centroids: [Float]) -> [Int32] {
    var weights = [Float](repeating: 0, count: centroids.count)
    var halves = [Float](repeating: 0, count: count)
    for c in 0..<count {
      for i in 0..<length {
        weights[i * count + c] = centroids[c * length + i]
        halves[c] += centroids[c * length + i] * centroids[c * length + i] / 2
      }
    }
    unsafe product.pack(weights)
    let total = rows.count / length
    var result = [Int32](repeating: 0, count: total)
    unsafe result.withUnsafeMutableBufferPointer { result in
      unsafe rows.withUnsafeBufferPointer { rows in
        for first in stride(from: 0, to: total, by: Self.rowsAtOnce) {
          let images = min(Self.rowsAtOnce, total - first)
          let products = unsafe context.workspace[output]
          unsafe product.strided(rows.baseAddress! + first * length, products, images: images)
          let found = unsafe result.baseAddress! + first
          context.workers.share(images) { range in
            for n in range {
              let row = unsafe products + n * count
              var best = 0
              for c in 1..<count where unsafe row[c] - halves[c] > row[best] - halves[best] { best = c }
              unsafe found[n] = Int32(best)
            }
          }
        }
      }
    }
    return result
  }
}
