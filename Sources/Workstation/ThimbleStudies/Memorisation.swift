import ThimbleStatistics
import ThimbleThreads

/// Whether a generator repeats images of its set (paper, section 4.1): how near its samples come to training images, against how
/// near training images come to each other.
package struct Memorisation: Sendable {
  /// For each sample the nearest training image.
  package let nearest: [NearestNeighbours.Found]
  /// The median distance from a sample to the nearest training image, over that from a training image to the nearest other one.
  package let ratio: Double
  /// Samples nearer to a training image than all but one in a hundred training images are to another: copies, if they are many
  /// more than one in a hundred.
  package let closer: Share
  /// Samples at distance 0.
  package let exact: Int

  /// - Parameters: f32 rows of `length`; `own` are the distances of some training images to the nearest other one.
  package init(_ samples: [Float], _ set: [Float], own: [Double], length: Int, workers: Workers) {
    nearest = NearestNeighbours.nearest(samples, among: set, length: length, workers: workers)
    let distances = nearest.map { $0.squaredDistance.squareRoot() }
    let sorted = own.sorted()
    let (median, near) = (sorted[sorted.count / 2], sorted[sorted.count / 100])
    ratio = median > 0 ? distances.sorted()[distances.count / 2] / median : .infinity
    closer = Share(distances.count { $0 < near }, of: distances.count)
    exact = distances.count { $0 == 0 }
  }

  /// Distances of `count` images, spread over the set, to the nearest other image of it.
  package static func ownDistances(_ set: [Float], count: Int, length: Int, workers: Workers) -> [Double] {
    let total = set.count / length
    let chosen = (0..<min(count, total)).map { $0 * total / min(count, total) }
    let queries = chosen.flatMap { set[($0 * length)..<(($0 + 1) * length)] }
    return NearestNeighbours.nearest(queries, among: set, length: length, excluding: chosen, workers: workers).map {
      $0.squaredDistance.squareRoot()
    }
  }
}
