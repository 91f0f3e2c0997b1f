import ThimbleNetworks
import ThimbleThreads

/// How near images come to those of a set, by features that `RandomFeatures` describes.
package struct SetMeasures: Sendable {
  /// The Frechet distance of the features' normal distributions; squared, as is the custom.
  package var distance: Double
  /// How well a 1-NN classifier separates generated images from real ones.
  package var nearestNeighbour: (real: Share, generated: Share, all: Share)
  /// Of the images, relative to that of the set's; nil where the set has none.
  package var diversity: Diversity?
}

/// A set's features, against which any number of generators are measured.
package struct MeasuredSet {
  private let extractor: RandomFeatures
  private let features: [Float]
  private let moments: FeatureMoments
  private let diversity: Diversity?
  private let workers: Workers
  private let imageByteCount: Int

  /// Images of each kind that neighbours are looked for among, at most: the time grows with the square.
  package static let neighbours = 2000
  /// Images whose differences are looked at, at most.
  private static let compared = 256

  /// - Parameter image: the pixels of an image, u8 [side][side][channels].
  package init(
    count: Int, side: Int, channels: Int, workers: Workers, kernels: FloatKernels,
    image: (Int) -> UnsafeRawBufferPointer
  ) {
    self.workers = workers
    imageByteCount = side * side * channels
    extractor = RandomFeatures(side: side, channels: channels, workers: workers, kernels: kernels)
    features = unsafe extractor.features(count: count, image: image)
    moments = FeatureMoments(features, length: RandomFeatures.length)
    let shown = Self.spread(min(count, Self.compared), over: count)
    diversity = Diversity(shown.flatMap { unsafe Array(image($0)) }, count: shown.count, imageByteCount: imageByteCount)
  }

  /// `count` numbers, evenly over 0 ..< total.
  private static func spread(_ count: Int, over total: Int) -> [Int] { (0..<count).map { $0 * total / count } }

  private static func rows(_ features: [Float], _ count: Int) -> [Float] {
    let length = RandomFeatures.length
    return spread(count, over: features.count / length).flatMap { features[($0 * length)..<(($0 + 1) * length)] }
  }

  /// The Frechet distance alone, of at least two images, u8, one after the other.
  package func distance(_ pixels: [UInt8]) -> Double {
    moments.squaredFrechetDistance(
      to: FeatureMoments(extractor.features(pixels), length: RandomFeatures.length))
  }

  /// All measures of at least two images, u8, one after the other.
  package func measure(_ pixels: [UInt8]) -> SetMeasures {
    let generated = extractor.features(pixels)
    let moments = FeatureMoments(generated, length: RandomFeatures.length)
    let count = pixels.count / imageByteCount
    let pairs = min(Self.neighbours, count, features.count / RandomFeatures.length)
    let shown = Self.spread(min(count, Self.compared), over: count)
    let images = shown.flatMap { pixels[($0 * imageByteCount)..<(($0 + 1) * imageByteCount)] }
    let own = Diversity(images, count: shown.count, imageByteCount: imageByteCount)
    return SetMeasures(
      distance: self.moments.squaredFrechetDistance(to: moments),
      nearestNeighbour: NearestNeighbours.twoSampleAccuracy(
        Self.rows(features, pairs), Self.rows(generated, pairs), length: RandomFeatures.length, workers: workers),
      diversity: diversity.flatMap { own?.relative(to: $0) })
  }
}
