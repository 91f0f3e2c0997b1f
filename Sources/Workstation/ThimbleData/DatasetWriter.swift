import ThimbleStorage

/// Writes a set image after image, without knowing beforehand how many there will be. Dropped without `commit`, it leaves
/// nothing.
struct DatasetWriter: ~Copyable {
  private var file: SafetensorsWriter
  private var metadata: Dataset.Metadata
  private let shape: [Int]

  /// Room for at most `shape[0]` images. The header is as long as that many images make it; the digest comes at the end.
  init(path: String, largestShape shape: [Int], labelled: Bool, metadata: Dataset.Metadata) throws(FileError) {
    self.shape = shape
    self.metadata = metadata
    self.metadata.digest = String(repeating: "0", count: 64)
    let entries = Self.entries(shape, labelled: labelled)
    file = try SafetensorsWriter(path: path, metadata: self.metadata.keys, entries: entries)
  }

  private static func entries(_ shape: [Int], labelled: Bool) -> [SafetensorsWriter.Entry] {
    [.init("images", .u8, shape)] + (labelled ? [.init("labels", .i32, [shape[0]])] : [])
  }

  /// Appends the pixels of whole images.
  mutating func append(_ pixels: UnsafeRawBufferPointer) throws(FileError) {
    try unsafe file.append(pixels)
  }

  /// Ends the set of `count` images and puts it in its place; returns the digest.
  consuming func commit(count: Int, labels: [Int32]?) throws(FileError) -> String {
    let shape = [count] + shape[1...]
    let written = try file.writtenData()
    let pixels = unsafe UnsafeRawBufferPointer(rebasing: written.file.bytes[written.start...])
    precondition(pixels.count == shape.reduce(1, *) && labels.map { $0.count == count } ?? true)
    let digest = withExtendedLifetime(written.file) {
      unsafe Dataset.digest(shape: shape, pixels: pixels, labels: labels)
    }
    metadata.digest = digest
    try file.correctHeader(metadata: metadata.keys, entries: Self.entries(shape, labelled: labels != nil))
    if let labels { try file.append(labels.map(\.littleEndian)) }
    try file.commit()
    return digest
  }
}

extension Dataset {
  /// Writes a set of some of this one's images, in that order; it keeps its name, source, terms and labels. Throws as writers do.
  /// - Parameter chosen: at least one index of an image.
  /// - Returns: the digest of the new set.
  @discardableResult
  package func write(images chosen: [Int], to path: String) throws(FileError) -> String {
    precondition(!chosen.isEmpty)
    let metadata = Metadata(name: name, source: source, digest: digest, labelNames: labelNames, licence: licence)
    var writer = try DatasetWriter(
      path: path, largestShape: [chosen.count, height, width, channels], labelled: labels != nil, metadata: metadata)
    for index in chosen { try unsafe writer.append(image(index)) }
    return try writer.commit(count: chosen.count, labels: labels.map { labels in chosen.map { labels[$0] } })
  }
}
