import Foundation

/// Writes a safetensors file, tensor after tensor, with the keys of its header sorted: equal content gives equal bytes.
public struct SafetensorsWriter: ~Copyable {
  /// A tensor announced in the header.
  public struct Entry: Sendable {
    public var name: String
    public var type: TensorType
    public var shape: [Int]

    public init(_ name: String, _ type: TensorType, _ shape: [Int]) {
      self.name = name
      self.type = type
      self.shape = shape
    }

    var byteCount: Int { shape.reduce(type.byteCount, *) }
  }

  private let file: AtomicFile
  private var missing: Int

  /// Writes the header. The tensors' bytes follow in the order of `entries`, through `append`; data begin at a multiple of 64.
  public init(path: String, metadata: [String: String], entries: [Entry]) throws(FileError) {
    var header: [String: Any] = ["__metadata__": metadata]
    var end = 0
    for entry in entries {
      header[entry.name] = [
        "dtype": entry.type.rawValue, "shape": entry.shape, "data_offsets": [end, end + entry.byteCount],
      ]
      end += entry.byteCount
    }
    guard
      var json = try? JSONSerialization.data(withJSONObject: header, options: [.sortedKeys, .withoutEscapingSlashes])
    else {
      throw FileError(
        .fault, file: path, field: "header", found: "values that JSON cannot hold", wanted: "text and numbers",
        advice: "This is a defect of the program.")
    }
    json.append(contentsOf: [UInt8](repeating: 0x20, count: (64 - (8 + json.count) % 64) % 64))
    let count = UInt64(json.count).littleEndian
    let file = try AtomicFile(path: path)
    do {
      try withUnsafeBytes(of: count) { try file.write($0) }
      try json.withUnsafeBytes { try file.write($0) }
    } catch { throw error as! FileError }
    self.file = file
    missing = end
  }

  /// Appends the bytes of the next tensor, or a part of them.
  public mutating func append(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
    precondition(bytes.count <= missing, "more bytes than announced")
    try file.write(bytes)
    missing -= bytes.count
  }

  /// Appends the next tensor, or a part of it.
  public mutating func append<Element: BitwiseCopyable>(_ elements: [Element]) throws(FileError) {
    precondition(elements.count * MemoryLayout<Element>.stride <= missing, "more bytes than announced")
    do {
      try elements.withUnsafeBytes { try file.write($0) }
    } catch { throw error as! FileError }
    missing -= elements.count * MemoryLayout<Element>.stride
  }

  /// Ends the file and puts it in its place.
  public consuming func commit() throws(FileError) {
    precondition(missing == 0, "fewer bytes than announced")
    try file.commit()
  }
}
