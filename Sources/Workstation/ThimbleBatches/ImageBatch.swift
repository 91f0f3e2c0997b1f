/// Images of one size, [count][height][width][channels]: bytes, or f32 in [-1, 1].
package struct ImageBatch<Element: Sendable>: Sendable {
  /// All images, one after the other.
  package var pixels: [Element]
  package let height: Int
  package let width: Int
  package let channels: Int

  /// - Parameter pixels: whole images.
  package init(pixels: [Element], height: Int, width: Int, channels: Int) {
    (self.pixels, self.height, self.width, self.channels) = (pixels, height, width, channels)
  }

  /// Images of the same size as `other`'s.
  package init(pixels: [Element], like other: ImageBatch<some Sendable>) {
    self.init(pixels: pixels, height: other.height, width: other.width, channels: other.channels)
  }

  /// Numbers of one image.
  package var imageSize: Int { height * width * channels }
  /// Images.
  package var count: Int { pixels.count / imageSize }

  /// The pixels of one image.
  package subscript(_ image: Int) -> ArraySlice<Element> { pixels[(image * imageSize)..<((image + 1) * imageSize)] }

  /// Images of a range, as a batch of their own.
  package subscript(_ images: Range<Int>) -> ImageBatch {
    ImageBatch(
      pixels: Array(pixels[(images.lowerBound * imageSize)..<(images.upperBound * imageSize)]), like: self)
  }
}

extension ImageBatch<UInt8> {
  /// The numbers that the bytes stand for.
  package var values: ImageBatch<Float> { ImageBatch<Float>(pixels: pixels.map(Pixel.value), like: self) }

  /// Calls `body` with the bytes of each image, by its number.
  package func withImages<Result>(_ body: ((_ image: Int) -> UnsafeRawBufferPointer) -> Result) -> Result {
    unsafe pixels.withUnsafeBytes { bytes in
      unsafe body { unsafe UnsafeRawBufferPointer(rebasing: bytes[($0 * imageSize)..<(($0 + 1) * imageSize)]) }
    }
  }
}

extension ImageBatch<Float> {
  /// The nearest bytes.
  package var bytes: ImageBatch<UInt8> { ImageBatch<UInt8>(pixels: pixels.map(Pixel.byte), like: self) }

  /// The same images in the order of other programs' files: [count][channels][height][width].
  package var planes: [Float] {
    let area = height * width
    var planes = [Float](repeating: 0, count: pixels.count)
    for n in 0..<count {
      for p in 0..<area {
        for channel in 0..<channels {
          planes[(n * channels + channel) * area + p] = pixels[(n * area + p) * channels + channel]
        }
      }
    }
    return planes
  }

  /// Images of planes, [count][channels][height][width].
  /// - Parameter count: how many are taken, from the first on.
  package init(planes: [Float], count: Int, height: Int, width: Int, channels: Int) {
    let (area, size) = (height * width, height * width * channels)
    let pixels = (0..<count).flatMap { n in
      (0..<size).map { i in planes[n * size + i % channels * area + i / channels] }
    }
    self.init(pixels: pixels, height: height, width: width, channels: channels)
  }
}
