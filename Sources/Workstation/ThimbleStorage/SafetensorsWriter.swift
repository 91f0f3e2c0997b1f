/// Writes a safetensors file, tensor after tensor, with the keys of its header sorted: equal content gives equal bytes.
package struct SafetensorsWriter: ~Copyable {
  /// A tensor announced in the header.
  package struct Entry: Sendable {
    /// Unlike all others in the file.
    package var name: String
    /// Of the elements.
    package var type: TensorType
    /// Outermost dimension first.
    package var shape: [Int]

    /// A tensor of this name, type and shape.
    package init(_ name: String, _ type: TensorType, _ shape: [Int]) {
      self.name = name
      self.type = type
      self.shape = shape
    }

    var byteCount: Int { shape.reduce(type.byteCount, *) }
  }

  private let path: String
  private let file: AtomicFile
  private let headerByteCount: Int
  /// Bytes announced and not yet written.
  private var missing: Int

  /// Writes the header; throws `badData` if it is longer than `SafetensorsFile` reads. The tensors' bytes follow in the order of
  /// `entries`, through `append`; data begin at a multiple of 64.
  package init(
    path: String, metadata: [String: String], entries: [Entry], links: LinkPolicy = .follow
  ) throws(FileError) {
    let header = Self.header(metadata: metadata, entries: entries)
    guard header.count - 8 <= SafetensorsFile.largestHeader else {
      let longest = metadata.max { $0.value.utf8.count < $1.value.utf8.count }
      throw FileError(
        .badData, file: path, field: "header length", found: "\(header.count - 8)",
        wanted: "at most \(SafetensorsFile.largestHeader)",
        advice: longest.map {
          "\($0.key) takes \($0.value.utf8.count) bytes of it: shorten the text that goes into it."
        }
          ?? "Write fewer tensors.")
    }
    let file = try AtomicFile(path: path, links: links)
    do {
      try unsafe header.withUnsafeBytes { try unsafe file.write($0) }
    } catch { throw error as! FileError }
    self.path = path
    self.file = file
    headerByteCount = header.count
    missing = entries.reduce(0) { $0 + $1.byteCount }
  }

  /// The length prefix and the JSON text, padded with spaces to a multiple of 64 bytes, or to `byteCount`.
  private static func header(
    metadata: [String: String], entries: [Entry], byteCount: Int? = nil
  ) -> [UInt8] {
    var header: [String: JSON] = ["__metadata__": .object(metadata.mapValues(JSON.text))]
    var end = 0
    for entry in entries {
      let offsets = [JSON.integer(end), .integer(end + entry.byteCount)]
      header[entry.name] = .object([
        "dtype": .text(entry.type.rawValue), "shape": .array(entry.shape.map(JSON.integer)),
        "data_offsets": .array(offsets),
      ])
      end += entry.byteCount
    }
    precondition(header.count == entries.count + 1, "two tensors of one name")
    let json = JSON.object(header).serialized.utf8
    let total = byteCount ?? (8 + json.count + 63) / 64 * 64
    precondition(8 + json.count <= total, "a longer header than announced")
    let length = unsafe withUnsafeBytes(of: UInt64(total - 8).littleEndian) { unsafe Array($0) }
    return length + json + [UInt8](repeating: 0x20, count: total - 8 - json.count)
  }

  /// Appends the bytes of the next tensor, or a part of them.
  package mutating func append(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
    precondition(bytes.count <= missing, "more bytes than announced")
    try unsafe file.write(bytes)
    missing -= bytes.count
  }

  /// Appends the next tensor, or a part of it.
  package mutating func append<Element: BitwiseCopyable>(_ elements: [Element]) throws(FileError) {
    precondition(elements.count * MemoryLayout<Element>.stride <= missing, "more bytes than announced")
    do {
      try unsafe elements.withUnsafeBytes { try unsafe file.write($0) }
    } catch { throw error as! FileError }
    missing -= elements.count * MemoryLayout<Element>.stride
  }

  /// Corrects the header once the bytes are known: for a writer that learns only at the end how many rows there are, and
  /// their digest. The new header must not be longer than the first one; its place is filled with spaces.
  package mutating func correctHeader(metadata: [String: String], entries: [Entry]) throws(FileError) {
    let header = Self.header(metadata: metadata, entries: entries, byteCount: headerByteCount)
    let written = try unsafe file.written().bytes.count - headerByteCount
    missing = entries.reduce(0) { $0 + $1.byteCount } - written
    precondition(missing >= 0, "more bytes than announced")
    do {
      try unsafe header.withUnsafeBytes { try unsafe file.overwrite(at: 0, $0) }
    } catch { throw error as! FileError }
  }

  /// A mapping of the tensors' bytes written so far, from this offset on.
  package func writtenData() throws(FileError) -> (file: MappedFile, start: Int) {
    (try file.written(), headerByteCount)
  }

  /// Ends the file and puts it in its place.
  package consuming func commit() throws(FileError) {
    precondition(missing == 0, "fewer bytes than announced")
    try file.commit()
  }
}
