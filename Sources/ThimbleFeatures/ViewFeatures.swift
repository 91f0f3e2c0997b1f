import ThimbleData

/// The mean of the features of several views of an image: as it is, shifted, and each of these mirrored. Not in the paper.
///
/// Strided convolutions and a coarse grid tell where an object lies; few classes depend on it. An image shifted by n pixels shows
/// what is n pixels further on, its edge repeated.
package struct ViewFeatures: FeatureExtractor {
  /// One view: of each position, which it shows.
  private let views: [[Int]]
  private let base: any FeatureExtractor
  private let channels: Int
  private let said: String

  /// - Parameters:
  ///   - set: one whose images have the size.
  ///   - mirrored: whether views are taken mirrored left to right as well: for pictures that mean the same then.
  ///   - shifts: pixels, each below the image's sides: one view each to the left, right, top and bottom.
  package init(_ base: any FeatureExtractor, of set: Dataset, mirrored: Bool, shifts: [Int]) {
    self.base = base
    channels = set.channels
    let (height, width) = (set.height, set.width)
    precondition(shifts.allSatisfy { (1..<min(height, width)).contains($0) })
    let moves = [(0, 0)] + shifts.flatMap { [($0, 0), (-$0, 0), (0, $0), (0, -$0)] }
    views = (mirrored ? [false, true] : [false]).flatMap { mirrored in
      moves.map { dx, dy in
        (0..<(height * width)).map { place in
          let (y, x) = (min(max(place / width + dy, 0), height - 1), min(max(place % width + dx, 0), width - 1))
          return y * width + (mirrored ? width - 1 - x : x)
        }
      }
    }
    said = (mirrored ? ", mirrored" : "") + shifts.map { ", shifted \($0)" }.joined()
  }

  package var length: Int { base.length }
  package var digest: String { FeatureDigest.of("views \(base.digest)\(said)", []) }
  package var summary: String { "\(base.summary); mean of \(views.count) views\(said)" }

  package func features(count: Int, image: (Int) -> UnsafeRawBufferPointer) -> [Float] {
    var result = [Float](repeating: 0, count: count * length)
    let view = UnsafeMutableRawBufferPointer.allocate(byteCount: views[0].count * channels, alignment: 1)
    defer { view.deallocate() }
    for places in views {
      let features = base.features(count: count) { n in
        let pixels = image(n)
        for (place, shown) in places.enumerated() {
          for c in 0..<channels { view[place * channels + c] = pixels[shown * channels + c] }
        }
        return UnsafeRawBufferPointer(view)
      }
      for i in result.indices { result[i] += features[i] }
    }
    for i in result.indices { result[i] /= Float(views.count) }
    return result
  }
}
