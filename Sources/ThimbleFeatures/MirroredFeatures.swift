import ThimbleData

/// The mean of an image's features and its mirror image's, left to right: for pictures that mean the same when mirrored. Not in the
/// paper.
package struct MirroredFeatures: FeatureExtractor {
  private let base: any FeatureExtractor
  private let width: Int
  private let channels: Int
  package let digest: String

  package init(_ base: any FeatureExtractor, of set: Dataset) {
    self.base = base
    (width, channels) = (set.width, set.channels)
    digest = FeatureDigest.of("mirrored \(base.digest)", [])
  }

  package var length: Int { base.length }
  package var summary: String { "\(base.summary), the mean of each image's and its mirror image's" }

  package func features(count: Int, image: (Int) -> UnsafeRawBufferPointer) -> [Float] {
    var result = base.features(count: count, image: image)
    let bytes = count == 0 ? 0 : image(0).count
    let mirrored = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes, alignment: 1)
    defer { mirrored.deallocate() }
    let others = base.features(count: count) { n in
      let pixels = image(n)
      for place in 0..<(bytes / channels) {
        let (row, column) = (place / width, place % width)
        let from = (row * width + width - 1 - column) * channels
        for c in 0..<channels { mirrored[place * channels + c] = pixels[from + c] }
      }
      return UnsafeRawBufferPointer(mirrored)
    }
    for i in result.indices { result[i] = (result[i] + others[i]) / 2 }
    return result
  }
}
