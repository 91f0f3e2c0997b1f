import Foundation

/// The element types that the project stores, by their names in safetensors.
public enum TensorType: String, Sendable {
  case u8 = "U8"
  case i16 = "I16"
  case i32 = "I32"
  case i64 = "I64"
  case u64 = "U64"
  case f32 = "F32"

  /// Bytes of one element.
  public var byteCount: Int {
    switch self {
    case .u8: 1
    case .i16: 2
    case .i32, .f32: 4
    case .i64, .u64: 8
    }
  }
}

/// One tensor of a file: its bytes lie in the mapping, which it keeps alive.
public struct StoredTensor: Sendable {
  public let name: String
  public let type: TensorType
  public let shape: [Int]
  /// Little-endian elements, row-major; may be unaligned. Valid while `file` lives.
  public nonisolated(unsafe) let bytes: UnsafeRawBufferPointer
  let file: MappedFile

  public var elementCount: Int { shape.reduce(1, *) }

  /// A copy of the elements of an `F32` tensor.
  public func floats() -> [Float] { copied() }
  /// A copy of the elements as any plain type of the tensor's width.
  public func copied<Element: BitwiseCopyable>() -> [Element] {
    precondition(MemoryLayout<Element>.size == type.byteCount)
    return [Element](unsafeUninitializedCapacity: elementCount) { buffer, count in
      UnsafeMutableRawBufferPointer(buffer).copyMemory(from: bytes)
      count = elementCount
    }
  }
}

/// A safetensors file (github.com/huggingface/safetensors, its format page): eight bytes of header length, a JSON header,
/// the tensors' bytes. The file is hostile: sizes are checked before use, holes and overlaps are refused.
public struct SafetensorsFile: Sendable {
  public let path: String
  public let metadata: [String: String]
  /// Tensors by name.
  public let tensors: [String: StoredTensor]

  /// The longest header that is read, in bytes (the format's own limit is 100 MB).
  public static let largestHeader = 16 << 20

  /// Maps and checks the file at `path`.
  public init(path: String) throws(FileError) {
    let file = try MappedFile(path: path)
    let bytes = file.bytes
    func bad(_ field: String, _ found: String, _ wanted: String) -> FileError {
      FileError(
        .badData, file: path, field: field, found: found, wanted: wanted,
        advice: "The file is not a whole safetensors file; make or copy it again.")
    }
    guard bytes.count >= 8 else { throw bad("size", "\(bytes.count) bytes", "at least 8") }
    let headerCount = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
    guard headerCount >= 2, headerCount <= min(Self.largestHeader, bytes.count - 8) else {
      throw bad("header length", "\(headerCount)", "2 to \(min(Self.largestHeader, max(2, bytes.count - 8)))")
    }
    let data = UnsafeRawBufferPointer(rebasing: bytes[(8 + Int(headerCount))...])
    let parsed = try? JSONSerialization.jsonObject(with: Data(bytes[8..<(8 + Int(headerCount))]))
    guard let entries = parsed as? [String: Any] else { throw bad("header", "no JSON object", "a JSON object") }
    var metadata: [String: String] = [:]
    var tensors: [String: StoredTensor] = [:]
    for (name, entry) in entries {
      if name == "__metadata__" {
        guard let strings = entry as? [String: String] else { throw bad(name, "other values", "strings") }
        metadata = strings
        continue
      }
      guard let entry = entry as? [String: Any] else { throw bad(name, "no object", "an object") }
      let typeName = entry["dtype"] as? String ?? "nothing"
      guard let type = TensorType(rawValue: typeName) else {
        throw bad("\(name): dtype", typeName, "one of U8, I16, I32, I64, U64, F32")
      }
      guard let shape = Self.integers(entry["shape"]), let range = Self.integers(entry["data_offsets"]),
        range.count == 2
      else { throw bad("\(name): shape or data_offsets", "other values", "whole numbers from 0") }
      var size = type.byteCount
      for side in shape {
        let (product, overflow) = size.multipliedReportingOverflow(by: side)
        guard !overflow else { throw bad("\(name): shape", "\(shape)", "a size that can be counted") }
        size = product
      }
      guard range[0] <= range[1], range[1] <= data.count, range[1] - range[0] == size else {
        throw bad("\(name): data_offsets", "\(range)", "\(size) bytes within \(data.count)")
      }
      tensors[name] = StoredTensor(
        name: name, type: type, shape: shape, bytes: UnsafeRawBufferPointer(rebasing: data[range[0]..<range[1]]),
        file: file)
    }
    try Self.refuseHoles(tensors, dataCount: data.count, base: data.baseAddress, bad)
    self.path = path
    self.metadata = metadata
    self.tensors = tensors
  }

  /// Every byte of the data belongs to exactly one tensor.
  private static func refuseHoles(
    _ tensors: [String: StoredTensor], dataCount: Int, base: UnsafeRawPointer?,
    _ bad: (String, String, String) -> FileError
  ) throws(FileError) {
    guard let base else {
      if tensors.values.contains(where: { !$0.bytes.isEmpty }) { throw bad("data", "0 bytes", "the tensors") }
      return
    }
    let ranges = tensors.values.filter { !$0.bytes.isEmpty }.map { tensor in
      (start: tensor.bytes.baseAddress! - base, end: tensor.bytes.baseAddress! - base + tensor.bytes.count, tensor.name)
    }.sorted { $0.start < $1.start }
    var end = 0
    for range in ranges {
      guard range.start == end else { throw bad("\(range.2): data_offsets", "\(range.start)", "\(end)") }
      end = range.end
    }
    guard end == dataCount else { throw bad("size of the data", "\(dataCount) bytes", "\(end)") }
  }

  /// An array of whole numbers from 0 that fit Int; JSON's other numbers and booleans are refused.
  private static func integers(_ value: Any?) -> [Int]? {
    guard let array = value as? [Any] else { return nil }
    var result: [Int] = []
    for element in array {
      guard let number = element as? NSNumber, let integer = Int(exactly: number.doubleValue), integer >= 0,
        CFBooleanGuard.isNumber(number)
      else { return nil }
      result.append(integer)
    }
    return result
  }

  /// The tensor of this name, type and shape (nil: any size there), or an error that says what is there instead.
  public func tensor(_ name: String, _ type: TensorType, shape wanted: [Int?]? = nil) throws(FileError) -> StoredTensor
  {
    let wantedText = wanted.map {
      "\(type.rawValue) [\($0.map { $0.map(String.init) ?? "any" }.joined(separator: ", "))]"
    }
    guard let tensor = tensors[name] else {
      throw FileError(
        .badData, file: path, field: name, found: "no such tensor",
        wanted: wantedText ?? "a tensor of \(type.rawValue)",
        advice: "Is this the right kind of file? It holds: \(tensors.keys.sorted().prefix(6).joined(separator: ", ")).")
    }
    let fits = wanted.map {
      $0.count == tensor.shape.count && zip($0, tensor.shape).allSatisfy { $0 == nil || $0 == $1 }
    }
    guard tensor.type == type, fits ?? true else {
      throw FileError(
        .badData, file: path, field: name, found: "\(tensor.type.rawValue) \(tensor.shape)",
        wanted: wantedText ?? type.rawValue,
        advice: "The file belongs to another network or data set; name the right one.")
    }
    return tensor
  }
}

/// JSONSerialization gives booleans as numbers, too; this tells them apart.
private enum CFBooleanGuard {
  static func isNumber(_ number: NSNumber) -> Bool { String(cString: number.objCType) != "c" }
}
