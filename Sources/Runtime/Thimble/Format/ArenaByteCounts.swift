/// The bytes of working memory that a model asks for.
package struct ArenaByteCounts: Equatable, Sendable {
  /// Zeros, read for positions outside of a map.
  package var fixed: UInt64 = 0
  /// Latent and maps of one image.
  package var image: UInt64 = 0
  /// Scratch of one worker.
  package var worker: UInt64 = 0

  /// Byte counts, one by one.
  package init(fixed: UInt64 = 0, image: UInt64 = 0, worker: UInt64 = 0) {
    (self.fixed, self.image, self.worker) = (fixed, image, worker)
  }

  /// The size of the arena, aligned to 64, for so many images at once and so many workers, 1 to 65,536 each; nil if that does
  /// not fit the address space.
  package func byteCount(images: Int, workers: Int = 1) -> Int? {
    guard images >= 1, workers >= 1, images <= 65_536, workers <= 65_536 else { return nil }
    // Each part is at most 2^30 in a valid file: the sum is far below 2^63.
    return Int(exactly: fixed + UInt64(images) * image + UInt64(workers) * worker)
  }
}
