import ThimbleBatches
import ThimbleStatistics
import Thimble
import ThimbleData
import ThimbleNetworks
import ThimbleStorage
import ThimbleThreads

/// Features of one layer of k-means (Coates, Ng, Lee: "An Analysis of Single-Layer Networks in Unsupervised Feature Learning", 2011):
/// patches of 6x6 pixels at every position, contrast normalised and whitened; for each centroid max(0, mean distance - distance);
/// summed over the quarters of the image, [quarter][centroid].
///
/// The centroids are of a set's own patches (`PatchDictionary`). All patches of an image run through one convolution: with the
/// whitening W and a patch p of mean m and scale s, a filter's product with W (s (p - m) - M) is linear in p but for m and s.
package final class PatchFeatures: FeatureExtractor {
  private static let imagesAtOnce = 8

  package let length: Int
  package let digest: String
  package let summary: String
  private let dictionary: PatchDictionary
  private let side: Int
  private let channels: Int
  private let convolution: Convolution
  private let context: ComputeContext
  private let output: Slot
  /// Of each filter: its sum, and its product with the patches' mean.
  private let filterSums: [Float]
  private let offsets: [Float]
  private let squaredNorms: [Float]

  package init(_ dictionary: PatchDictionary, side: Int, channels: Int, workers: Workers, kernels: FloatKernels) {
    self.dictionary = dictionary
    (self.side, self.channels) = (side, channels)
    let (d, k) = (dictionary.length, dictionary.count)
    length = 4 * k
    digest = FeatureDigest.of(
      "patches \(side) \(channels)", [dictionary.whitening, dictionary.mean, dictionary.centroids])
    summary = "\(k) k-means centroids of patches"
    let places = side - PatchDictionary.side + 1
    let filters = d + k
    context = ComputeContext(workspace: Workspace(), workers: workers, kernels: kernels)
    convolution = Convolution(
      ConvolutionGeometry(
        bigSide: side, bigChannels: channels, smallSide: places, smallChannels: filters, kernel: PatchDictionary.side,
        stride: 1, padding: 0), context, strided: true, fractionallyStrided: false, gradientImages: nil)
    output = context.workspace.reserve(Self.imagesAtOnce * places * places * filters)
    context.workspace.allocate()
    // Rows of W, then centroids times W.
    var weights = [Float](repeating: 0, count: d * filters)
    for i in 0..<d {
      for row in 0..<d { weights[i * filters + row] = dictionary.whitening[row * d + i] }
    }
    for centroid in 0..<k {
      for row in 0..<d {
        let value = dictionary.centroids[centroid * d + row]
        for i in 0..<d { weights[i * filters + d + centroid] += value * dictionary.whitening[row * d + i] }
      }
    }
    var (sums, offsets) = ([Float](repeating: 0, count: filters), [Float](repeating: 0, count: filters))
    for i in 0..<d {
      for f in 0..<filters {
        sums[f] += weights[i * filters + f]
        offsets[f] += weights[i * filters + f] * dictionary.mean[i]
      }
    }
    (filterSums, self.offsets) = (sums, offsets)
    squaredNorms = (0..<k).map { centroid in
      (0..<d).reduce(Float(0)) {
        $0 + dictionary.centroids[centroid * d + $1] * dictionary.centroids[centroid * d + $1]
      }
    }
    unsafe convolution.pack(weights)
  }

  /// Refuses a set whose images are smaller than a patch, or not square, and more centroids than fit in memory.
  package static func check(
    _ set: Dataset, centroids: Int, memory limit: MemoryLimit = .present
  ) throws(FileError) {
    guard set.height == set.width, set.height >= 2 * PatchDictionary.side, set.height <= 256 else {
      throw FileError(
        .badData, file: set.path, field: "images", found: set.shapeText,
        wanted: "squares of \(2 * PatchDictionary.side) to 256 pixels", advice: "Pack the set again with --size.")
    }
    let (places, patch) = (
      set.width - PatchDictionary.side + 1, PatchDictionary.side * PatchDictionary.side * set.channels
    )
    // The maps of some images, or before that all patches.
    try limit.check(
      max(4 * imagesAtOnce * places * places * (patch + centroids), 4 * PatchDictionary.patches * patch),
      for: "\(centroids) centroids", share: .half, file: set.path,
      advice: "Use fewer --centroids, or pack the set with a smaller --size.")
  }

  package func features(count: Int, image: (Int) -> UnsafeRawBufferPointer) -> [Float] {
    var result = [Float](repeating: 0, count: count * length)
    let places = side - PatchDictionary.side + 1
    let filters = dictionary.length + dictionary.count
    for first in stride(from: 0, to: count, by: Self.imagesAtOnce) {
      let images = min(Self.imagesAtOnce, count - first)
      // Around 0, so that little is lost where the patch's mean is taken away.
      let input = (0..<images).flatMap { unsafe image(first + $0).map(Pixel.centred) }
      let map = unsafe context.workspace[output]
      unsafe convolution.strided(input, map, images: images)
      unsafe result.withUnsafeMutableBufferPointer { result in
        let base = unsafe result.baseAddress! + first * length
        context.workers.share(images) { range in
          for n in range {
            let pixels = Array(input[(n * side * side * channels)..<((n + 1) * side * side * channels)])
            unsafe sum(pixels, map + n * places * places * filters, into: base + n * length)
          }
        }
      }
    }
    return result
  }

  /// Adds one image's activations to the sums of its quarters.
  private func sum(_ pixels: [Float], _ map: UnsafeMutablePointer<Float>, into result: UnsafeMutablePointer<Float>) {
    let (d, k, places) = (dictionary.length, dictionary.count, side - PatchDictionary.side + 1)
    for y in 0..<places {
      for x in 0..<places {
        let (mean, scale) = PatchDictionary.contrast(pixels, y: y, x: x, side: side, channels: channels)
        let row = unsafe map + (y * places + x) * (d + k)
        var squares: Float = 0
        for f in 0..<(d + k) { unsafe row[f] = unsafe scale * (row[f] - mean * filterSums[f]) - offsets[f] }
        for f in 0..<d { unsafe squares += row[f] * row[f] }
        var total: Float = 0
        for c in 0..<k {
          let distance = unsafe max(0, squares - 2 * row[d + c] + squaredNorms[c]).squareRoot()
          unsafe row[d + c] = distance
          total += distance
        }
        let average = total / Float(k)
        let sums = unsafe result + (2 * y / places * 2 + 2 * x / places) * k
        for c in 0..<k { unsafe sums[c] += max(0, average - row[d + c]) }
      }
    }
  }
}
