/// One tensor of a file: its bytes lie in the mapping, which it keeps alive.
@safe package struct StoredTensor: Sendable {
  /// As in the file.
  package let name: String
  /// Of the elements.
  package let type: TensorType
  /// Outermost dimension first; empty for a single number.
  package let shape: [Int]
  /// Little-endian elements, row-major; may be unaligned. Valid while `file` lives.
  package nonisolated(unsafe) let bytes: UnsafeRawBufferPointer
  /// Where the bytes lie.
  package let file: MappedFile

  /// Product of the shape.
  package var elementCount: Int { shape.reduce(1, *) }

  /// A copy of the elements of an `F32` tensor.
  package func floats() -> [Float] { copied() }
  /// A copy of the elements as any plain type of the tensor's width.
  package func copied<Element: BitwiseCopyable>() -> [Element] {
    precondition(MemoryLayout<Element>.size == type.byteCount)
    return unsafe [Element](unsafeUninitializedCapacity: elementCount) { buffer, count in
      unsafe UnsafeMutableRawBufferPointer(buffer).copyMemory(from: bytes)
      count = elementCount
    }
  }
}

/// A safetensors file (github.com/huggingface/safetensors, its format page): eight bytes of header length, a JSON header,
/// the tensors' bytes. The file is hostile: sizes are checked before use, holes and overlaps are refused.
package struct SafetensorsFile: Sendable {
  /// Where the file lies.
  package let path: String
  /// The texts of `__metadata__`.
  package let metadata: [String: String]
  /// Tensors by name.
  package let tensors: [String: StoredTensor]

  /// The longest header that is read, in bytes (the format's own limit is 100 MB).
  package static let largestHeader = 1 << 20

  /// Maps and checks the file at `path`. Throws `missing`, `inputOutput` or `badData`.
  package init(path: String, links: LinkPolicy = .follow) throws(FileError) {
    let file = try MappedFile(path: path, links: links)
    defer { withExtendedLifetime(file) {} }
    if let kind = unsafe OtherFileKind.of(file.bytes) {
      throw FileError(
        .badData, file: path, field: "kind of file", found: kind.found, wanted: "a safetensors file",
        advice: kind.advice(path))
    }
    let (header, data) = try unsafe Self.parts(file)
    var metadata: [String: String] = [:]
    var tensors: [String: StoredTensor] = [:]
    for (name, entry) in header {
      if name == "__metadata__" {
        guard let strings = entry.texts else { throw Self.bad(path, name, "other values", "strings") }
        metadata = strings
      } else {
        tensors[name] = try unsafe Self.tensor(name, entry, data, file)
      }
    }
    try unsafe Self.refuseHoles(tensors, data, path)
    self.path = path
    self.metadata = metadata
    self.tensors = tensors
  }

  private static func bad(_ path: String, _ field: String, _ found: String, _ wanted: String) -> FileError {
    FileError(
      .badData, file: path, field: field, found: found, wanted: wanted,
      advice: "The file is not a whole safetensors file; make or copy it again.")
  }

  /// The header's members, and the bytes of all tensors.
  private static func parts(_ file: MappedFile) throws(FileError) -> ([String: JSON], UnsafeRawBufferPointer) {
    let bytes = unsafe file.bytes
    guard bytes.count >= 8 else { throw bad(file.path, "size", "\(bytes.count) bytes", "at least 8") }
    let count = unsafe UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
    if count > largestHeader, count <= bytes.count - 8, unsafe bytes[8] == UInt8(ascii: "{") {
      throw FileError(
        .badData, file: file.path, field: "header length", found: "\(count) bytes", wanted: "at most \(largestHeader)",
        advice: "The file has more tensors or metadata than this program reads: write one with fewer.")
    }
    guard count >= 2, count <= min(largestHeader, bytes.count - 8) else {
      throw bad(file.path, "header length", "\(count)", "2 to \(min(largestHeader, max(2, bytes.count - 8)))")
    }
    let header: JSON
    do {
      header = try unsafe JSON(UnsafeRawBufferPointer(rebasing: bytes[8..<(8 + Int(count))]))
    } catch {
      throw bad(file.path, "header, byte \(error.at)", error.found, "JSON")
    }
    guard case .object(let members) = header else { throw bad(file.path, "header", "no JSON object", "a JSON object") }
    return unsafe (members, UnsafeRawBufferPointer(rebasing: bytes[(8 + Int(count))...]))
  }

  private static func tensor(
    _ name: String, _ entry: JSON, _ data: UnsafeRawBufferPointer, _ file: MappedFile
  ) throws(FileError) -> StoredTensor {
    guard case .object(let entry) = entry else { throw bad(file.path, name, "no object", "an object") }
    let typeName = if case .text(let name)? = entry["dtype"] { name } else { "nothing" }
    guard let type = TensorType(rawValue: typeName) else {
      throw bad(
        file.path, "\(name): dtype", typeName, "one of " + TensorType.allCases.map(\.rawValue).joined(separator: ", "))
    }
    guard let shape = entry["shape"]?.counts, let range = entry["data_offsets"]?.counts, range.count == 2 else {
      throw bad(file.path, "\(name): shape or data_offsets", "other values", "whole numbers from 0")
    }
    var bits = type.bitCount
    for side in shape {
      let (product, overflow) = bits.multipliedReportingOverflow(by: side)
      guard !overflow else { throw bad(file.path, "\(name): shape", "\(shape)", "a size that can be counted") }
      bits = product
    }
    guard bits % 8 == 0 else { throw bad(file.path, "\(name): shape", "\(shape)", "a whole number of bytes") }
    let size = bits / 8
    guard range[0] <= range[1], range[1] <= data.count, range[1] - range[0] == size else {
      throw bad(file.path, "\(name): data_offsets", "\(range)", "\(size) bytes within \(data.count)")
    }
    let bytes = unsafe UnsafeRawBufferPointer(rebasing: data[range[0]..<range[1]])
    return unsafe StoredTensor(name: name, type: type, shape: shape, bytes: bytes, file: file)
  }

  /// Every byte of the data belongs to exactly one tensor.
  private static func refuseHoles(
    _ tensors: [String: StoredTensor], _ data: UnsafeRawBufferPointer, _ path: String
  ) throws(FileError) {
    // An empty tensor may lie anywhere.
    let filled = tensors.values.filter { unsafe !$0.bytes.isEmpty }.sorted {
      unsafe $0.bytes.baseAddress! < $1.bytes.baseAddress!
    }
    var end = 0
    for tensor in filled {
      let start = unsafe tensor.bytes.baseAddress! - data.baseAddress!
      guard start == end else { throw bad(path, "\(tensor.name): data_offsets", "\(start)", "\(end)") }
      unsafe end += tensor.bytes.count
    }
    guard end == data.count else { throw bad(path, "size of the data", "\(data.count) bytes", "\(end)") }
  }

  /// The tensor of this name, type and shape (nil: any size there), or an error that says what is there instead.
  package func tensor(_ name: String, _ type: TensorType, shape wanted: [Int?]? = nil) throws(FileError) -> StoredTensor
  {
    let wantedText = wanted.map {
      "\(type.rawValue) [\($0.map { $0.map(String.init) ?? "any" }.joined(separator: ", "))]"
    }
    guard let tensor = tensors[name] else {
      throw FileError(
        .badData, file: path, field: name, found: "no such tensor",
        wanted: wantedText ?? "a tensor of \(type.rawValue)",
        advice:
          "This may be the wrong kind of file. It holds: \(tensors.keys.sorted().prefix(6).joined(separator: ", ")).")
    }
    let fits = wanted.map {
      $0.count == tensor.shape.count && zip($0, tensor.shape).allSatisfy { $0 == nil || $0 == $1 }
    }
    guard tensor.type == type, fits ?? true else {
      throw FileError(
        .badData, file: path, field: name, found: "\(tensor.type.rawValue) \(tensor.shape)",
        wanted: wantedText ?? type.rawValue,
        advice: "The file belongs to another network or data set: name the right one.")
    }
    return tensor
  }
}

extension JSON {
  /// An object that holds only texts.
  fileprivate var texts: [String: String]? {
    guard case .object(let members) = self else { return nil }
    let texts = members.compactMapValues { if case .text(let text) = $0 { text } else { nil } }
    return texts.count == members.count ? texts : nil
  }

  /// An array of whole numbers from 0.
  fileprivate var counts: [Int]? {
    guard case .array(let elements) = self else { return nil }
    let counts = elements.compactMap { if case .integer(let count) = $0, count >= 0 { count } else { nil } }
    return counts.count == elements.count ? counts : nil
  }
}
