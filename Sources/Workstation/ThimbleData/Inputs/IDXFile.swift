import ThimbleStorage

/// An IDX file of unsigned bytes, the format of MNIST: two zero bytes, the element type, the number of dimensions, each
/// dimension as four bytes (high byte first), the elements.
@safe struct IDXFile: Sendable {
  /// [count, height, width] for images, [count] for labels; at least 1 each.
  let shape: [Int]
  /// The elements, row-major. Valid while this value lives.
  nonisolated(unsafe) let bytes: UnsafeRawBufferPointer
  private let file: MappedFile

  private static let unsignedByte = 8

  /// Opens the file at `path`, which may be compressed by gzip (then it is unpacked into a scratch file).
  ///
  /// - Parameters:
  ///   - dimensions: How many there must be.
  ///   - scratchFolder: Where there is room for the unpacked file.
  init(path: String, dimensions: Int, scratchFolder: String) throws(FileError) {
    let packed = try MappedFile(path: path)
    if unsafe Gzip.isGzip(packed.bytes) {
      file = try unsafe Gzip.unpacked(path: path, scratchFolder: scratchFolder) { bytes throws(FileError) in
        unsafe Self.byteCount(try Self.shape(bytes, path, dimensions))
      }
    } else {
      file = packed
    }
    shape = try unsafe Self.shape(file.bytes, path, dimensions)
    let wanted = Self.byteCount(shape)
    guard unsafe file.bytes.count == wanted else {
      throw Self.bad(path, "size", unsafe "\(file.bytes.count) bytes", "\(wanted)")
    }
    unsafe bytes = UnsafeRawBufferPointer(rebasing: file.bytes[(4 + 4 * dimensions)...])
  }

  /// Whether these may be the first bytes of an IDX file, of any type and with any dimensions.
  static func isIDX(_ bytes: UnsafeRawBufferPointer) -> Bool {
    unsafe bytes.count >= 4 && bytes[0] == 0 && bytes[1] == 0 && (8...14).contains(bytes[2])
      && (1...8).contains(bytes[3])
  }

  private static func shape(
    _ bytes: UnsafeRawBufferPointer, _ path: String, _ dimensions: Int
  ) throws(FileError) -> [Int] {
    guard bytes.count >= 4 else { throw bad(path, "size", "\(bytes.count) bytes", "at least \(4 + 4 * dimensions)") }
    guard unsafe bytes[0] == 0, unsafe bytes[1] == 0, unsafe bytes[2] == unsignedByte, unsafe bytes[3] == dimensions
    else {
      throw unsafe other(bytes, path, dimensions)
    }
    guard bytes.count >= 4 + 4 * dimensions else {
      throw bad(path, "size", "\(bytes.count) bytes", "at least \(4 + 4 * dimensions)")
    }
    let shape = (0..<dimensions).map { dimension in
      (0..<4).reduce(0) { unsafe $0 << 8 | Int(bytes[4 + 4 * dimension + $1]) }
    }
    guard shape.allSatisfy({ $0 >= 1 }), shape[1...].allSatisfy({ $0 <= 16_384 }) else {
      throw bad(path, "dimensions", "\(shape)", "at least 1, sides of at most 16384")
    }
    return shape
  }

  /// What an IDX file holds instead of the bytes that are wanted of it.
  private static func other(_ bytes: UnsafeRawBufferPointer, _ path: String, _ dimensions: Int) -> FileError {
    let types: [UInt8: String] = [
      8: "bytes", 9: "signed bytes", 11: "16-bit numbers", 12: "32-bit numbers", 13: "floats", 14: "doubles",
    ]
    let kinds = dimensions == 1 ? "labels: bytes in 1 dimension" : "images: bytes in 3 dimensions"
    guard unsafe isIDX(bytes), let type = unsafe types[bytes[2]] else {
      return bad(path, "magic number", unsafe "\(Array(bytes[..<4]))", "[0, 0, 8, \(dimensions)]")
    }
    let isLabels = unsafe dimensions == 3 && bytes[3] == 1
    let found = unsafe "\(isLabels ? "labels: " : "")\(type) in \(bytes[3]) dimension\(bytes[3] == 1 ? "" : "s")"
    return FileError(
      .badData, file: path, field: "content", found: found, wanted: kinds,
      advice: isLabels
        ? "Name the file of the images; the labels beside it are found by its name."
        : "Name a file of \(kinds).")
  }

  private static func byteCount(_ shape: [Int]) -> Int {
    // At most 2^32 images of 2^28 bytes: no overflow.
    4 + 4 * shape.count + shape.reduce(1, *)
  }

  private static func bad(_ path: String, _ field: String, _ found: String, _ wanted: String) -> FileError {
    FileError(
      .badData, file: path, field: field, found: found, wanted: wanted,
      advice: "The file is not a whole IDX file of bytes; copy or download it again.")
  }
}

extension IDXFile {
  /// The names under which the label file of an image file may lie: train-images-idx3-ubyte has train-labels-idx1-ubyte, and
  /// train-images.idx3-ubyte has train-labels.idx1-ubyte; each compressed or not. Empty for names of another kind.
  static func labelPaths(forImages path: String) -> [String] {
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
    let name = path.dropFirst(folder.count)
    guard name.contains("idx3") else { return [] }
    let labels = folder + name.replacing("images", with: "labels").replacing("idx3", with: "idx1")
    let other = labels.hasSuffix(".gz") ? String(labels.dropLast(3)) : labels + ".gz"
    return [labels, other]
  }
}
