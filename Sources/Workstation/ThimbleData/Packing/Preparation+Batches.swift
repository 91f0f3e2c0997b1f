import ThimbleStorage
import ThimbleThreads

extension Preparation {
  /// Images decoded at a time: enough to keep all cores busy, few enough to stay small.
  private static let batchCount = 256

  /// Prepares all images, a batch at a time, on all workers; the result does not depend on how many there are.
  ///
  /// - Parameter take: Called on this thread, in order, with the pixels [batch, size, size, channels], the numbers of the
  ///   images, and for each one the error if it could not be prepared (its pixels then mean nothing).
  func forEachBatch(
    of entries: [ImageEntry], workers: Workers,
    _ take: (UnsafeRawBufferPointer, Range<Int>, [FileError?]) throws(FileError) -> Void
  ) throws(FileError) {
    let imageByteCount = byteCount
    try Room.check(
      Self.batchCount * imageByteCount, for: "\(Self.batchCount) images of \(size)x\(size)", file: "--size",
      advice: "Free some memory, or choose a smaller --size.")
    nonisolated(unsafe) let pixels = UnsafeMutablePointer<UInt8>.allocate(capacity: Self.batchCount * imageByteCount)
    nonisolated(unsafe) let errors = UnsafeMutablePointer<FileError?>.allocate(capacity: Self.batchCount)
    unsafe errors.initialize(repeating: nil, count: Self.batchCount)
    defer {
      unsafe pixels.deallocate()
      unsafe errors.deinitialize(count: Self.batchCount)
      unsafe errors.deallocate()
    }
    for start in stride(from: 0, to: entries.count, by: Self.batchCount) {
      let range = start..<min(start + Self.batchCount, entries.count)
      // Each iteration writes its own image and its own error, and nothing else.
      workers.run(range.count) { place in
        unsafe errors[place] = nil
        do throws(FileError) {
          try unsafe prepare(entries[start + place], into: pixels + place * imageByteCount)
        } catch {
          unsafe errors[place] = error
        }
      }
      let bytes = unsafe UnsafeRawBufferPointer(start: pixels, count: range.count * imageByteCount)
      try unsafe take(bytes, range, Array(UnsafeBufferPointer(start: errors, count: range.count)))
    }
  }

  private func prepare(_ entry: ImageEntry, into target: UnsafeMutablePointer<UInt8>) throws(FileError) {
    switch entry.content {
    case .file(let path):
      let file = try MappedFile(path: path)
      let image = try unsafe Raster.decoded(file.bytes, name: entry.name)
      defer { withExtendedLifetime(file) {} }
      try unsafe apply(image, entry.name, to: target)
    case .member(let archive, let range):
      let image = try unsafe Raster.decoded(UnsafeRawBufferPointer(rebasing: archive.bytes[range]), name: entry.name)
      try unsafe apply(image, entry.name, to: target)
    case .idx(let file, let index):
      let (height, width) = (file.shape[1], file.shape[2])
      let image = unsafe file.bytes.baseAddress!.assumingMemoryBound(to: UInt8.self) + index * height * width
      try unsafe apply(Raster(borrowing: image, width: width, height: height), entry.name, to: target)
    }
  }
}
