import Thimble
import ThimbleBatches
import ThimbleData
import ThimbleStorage

/// Computes features of images. An image's features do not depend on the other images of the batch.
package protocol FeatureExtractor {
  /// Numbers an image.
  var length: Int { get }
  /// SHA-256 over all that the features are a function of beside the image: features of one extractor can be compared.
  var digest: String { get }
  /// What a person should know of them.
  var summary: String { get }
  /// Features [count][length].
  /// - Parameter image: the pixels of an image, u8 [side][side][channels]; asked for in order, valid until the next are.
  func features(count: Int, image: (Int) -> UnsafeRawBufferPointer) -> [Float]
}

/// The pixels themselves, in [-1, 1]: what every other kind of features must be better than.
package struct PixelFeatures: FeatureExtractor {
  package let length: Int
  package let digest: String
  package var summary: String { "pixels" }

  package init(height: Int, width: Int, channels: Int) {
    length = height * width * channels
    digest = FeatureDigest.of("pixels \(height) \(width) \(channels)", [])
  }

  package func features(count: Int, image: (Int) -> UnsafeRawBufferPointer) -> [Float] {
    (0..<count).flatMap { unsafe image($0).map(Pixel.value) }
  }
}

package enum FeatureDigest {
  /// SHA-256 of a text and of numbers after it, little-endian.
  package static func of(_ text: String, _ numbers: [[Float]]) -> String {
    var digest = SHA256()
    unsafe Array(text.utf8).withUnsafeBytes { unsafe digest.update($0.bytes) }
    for numbers in numbers { unsafe numbers.withUnsafeBytes { unsafe digest.update($0.bytes) } }
    return Digest.hexadecimal(digest.finalize())
  }
}
