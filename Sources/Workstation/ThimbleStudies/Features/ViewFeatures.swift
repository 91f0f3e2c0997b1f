import ThimbleStatistics
import ThimbleData

/// The mean of the features of several views of an image: as it is, shifted, and each of these mirrored. Not in the paper.
///
/// Strided convolutions and a coarse grid tell where an object lies; few classes depend on it. An image shifted by n pixels shows
/// what is n pixels further on, its edge repeated.
package struct ViewFeatures: FeatureExtractor {
  private let views: [(mirrored: Bool, dx: Int, dy: Int)]
  private let base: any FeatureExtractor
  private let (height, width, channels): (Int, Int, Int)
  private let said: String

  /// - Parameters:
  ///   - set: one whose images have the size.
  ///   - mirrored: whether views are taken mirrored left to right as well: for pictures that mean the same then.
  ///   - shifts: pixels, each below the image's sides: one view each to the left, right, top and bottom.
  package init(_ base: any FeatureExtractor, of set: Dataset, mirrored: Bool, shifts: [Int]) {
    self.base = base
    (height, width, channels) = (set.height, set.width, set.channels)
    precondition(shifts.allSatisfy { (1..<min(set.height, set.width)).contains($0) })
    let moves = [(0, 0)] + shifts.flatMap { [($0, 0), (-$0, 0), (0, $0), (0, -$0)] }
    views = (mirrored ? [false, true] : [false]).flatMap { mirrored in
      moves.map { dx, dy in (mirrored, dx, dy) }
    }
    said = (mirrored ? ", mirrored" : "") + shifts.map { ", shifted \($0)" }.joined()
  }

  package var length: Int { base.length }
  package var digest: String { FeatureDigest.of("views \(base.digest)\(said)", []) }
  package var summary: String { "\(base.summary); mean of \(views.count) views\(said)" }

  package func features(count: Int, image: (Int) -> UnsafeRawBufferPointer) -> [Float] {
    var result = [Float](repeating: 0, count: count * length)
    let shown = UnsafeMutableRawBufferPointer.allocate(byteCount: height * width * channels, alignment: 1)
    defer { unsafe shown.deallocate() }
    for view in views {
      let features = unsafe base.features(count: count) { n in
        unsafe show(image(n), view, in: shown)
        return UnsafeRawBufferPointer(shown)
      }
      for i in result.indices { result[i] += features[i] }
    }
    for i in result.indices { result[i] /= Float(views.count) }
    return result
  }

  private func show(
    _ pixels: UnsafeRawBufferPointer, _ view: (mirrored: Bool, dx: Int, dy: Int),
    in shown: UnsafeMutableRawBufferPointer
  ) {
    for y in 0..<height {
      let row = min(max(y + view.dy, 0), height - 1) * width
      for x in 0..<width {
        let column = min(max(x + view.dx, 0), width - 1)
        let from = (row + (view.mirrored ? width - 1 - column : column)) * channels
        for c in 0..<channels { unsafe shown[(y * width + x) * channels + c] = unsafe pixels[from + c] }
      }
    }
  }
}
