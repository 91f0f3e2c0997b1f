import ThimbleStorage
import ThimbleThreads

/// How the preparation of one picture went.
struct PreparedPicture: Sendable {
  /// Why it failed; its pixels then mean nothing.
  var error: FileError?
  /// Whether something outside of the square in its middle was cut off.
  var isCropped = false
  /// Whether it had fewer pixels than it has now.
  var isEnlarged = false
  /// Whether it is the first frame of several.
  var isFirstFrame = false
}

extension Preparation {
  /// Images decoded at a time: enough to keep all cores busy, few enough to stay small.
  private static let batchCount = 256

  /// Prepares all images, a batch at a time, on all workers; the result does not depend on how many there are.
  ///
  /// - Parameter take: Called on this thread, in order, with the pixels [batch, size, size, channels], the numbers of the
  ///   images, and how each one went.
  func forEachBatch(
    of entries: [ImageEntry], workers: Workers,
    _ take: (UnsafeRawBufferPointer, Range<Int>, [PreparedPicture]) throws(FileError) -> Void
  ) throws(FileError) {
    let imageByteCount = byteCount
    try Room.check(
      Self.batchCount * imageByteCount, for: "\(Self.batchCount) images of \(size)x\(size)", file: "--size",
      advice: "Free some memory, or choose a smaller --size.")
    nonisolated(unsafe) let pixels = UnsafeMutablePointer<UInt8>.allocate(capacity: Self.batchCount * imageByteCount)
    nonisolated(unsafe) let outcomes = UnsafeMutablePointer<PreparedPicture>.allocate(capacity: Self.batchCount)
    unsafe outcomes.initialize(repeating: PreparedPicture(), count: Self.batchCount)
    defer {
      unsafe pixels.deallocate()
      unsafe outcomes.deinitialize(count: Self.batchCount)
      unsafe outcomes.deallocate()
    }
    for start in stride(from: 0, to: entries.count, by: Self.batchCount) {
      let range = start..<min(start + Self.batchCount, entries.count)
      // Each iteration writes its own image and its own outcome, and nothing else.
      workers.run(range.count) { place in
        do throws(FileError) {
          unsafe outcomes[place] = try prepare(entries[start + place], into: pixels + place * imageByteCount)
        } catch {
          unsafe outcomes[place] = PreparedPicture(error: error)
        }
      }
      let bytes = unsafe UnsafeRawBufferPointer(start: pixels, count: range.count * imageByteCount)
      try unsafe take(bytes, range, Array(UnsafeBufferPointer(start: outcomes, count: range.count)))
    }
  }

  private func prepare(
    _ entry: ImageEntry, into target: UnsafeMutablePointer<UInt8>
  ) throws(FileError) -> PreparedPicture {
    switch entry.content {
    case .file(let path):
      guard let file = try ImageInput.readable(path) else {
        throw FileError(
          .badData, file: path, field: "open", found: "no permission to read it", wanted: "a file that can be read",
          advice: "Check the permissions.")
      }
      defer { withExtendedLifetime(file) {} }
      return try unsafe prepare(Raster.decoded(file.bytes, name: entry.name), entry.name, into: target)
    case .member(let archive, let range):
      let bytes = unsafe UnsafeRawBufferPointer(rebasing: archive.bytes[range])
      return try unsafe prepare(Raster.decoded(bytes, name: entry.name), entry.name, into: target)
    case .idx(let file, let index):
      let (height, width) = (file.shape[1], file.shape[2])
      let image = unsafe file.bytes.baseAddress!.assumingMemoryBound(to: UInt8.self) + index * height * width
      return try unsafe prepare(Raster(borrowing: image, width: width, height: height), entry.name, into: target)
    }
  }

  private func prepare(
    _ image: borrowing Raster, _ name: String, into target: UnsafeMutablePointer<UInt8>
  ) throws(FileError) -> PreparedPicture {
    try unsafe apply(image, name, to: target)
    return PreparedPicture(
      isCropped: image.width != image.height, isEnlarged: min(image.width, image.height) < size,
      isFirstFrame: image.isAnimated)
  }
}
