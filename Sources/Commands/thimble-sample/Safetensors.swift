import ThimbleFreestanding
import ThimbleIntrinsics
import SamplerSupport

/// The header of a safetensors file (github.com/huggingface/safetensors, its format page): eight bytes of length, a JSON
/// object of that many bytes, the tensors' bytes. The file is hostile: each number is checked before it is used.
enum Safetensors {
  /// The longest header that is read, in bytes.
  static let largestHeader: UInt64 = 1 << 20

  /// Where the tensor `latents` [rows, length] begins, and how many rows it has.
  static func latents(_ file: inout InputFile, length: Int) throws(Refusal) -> (offset: UInt64, rows: UInt64) {
    if file.byteCount < 8 { throw bad("\(path: file.path): size: found \(file.byteCount) bytes, wanted at least 8") }
    var count: UInt64 = 0
    for i in 0..<8 { count |= UInt64(try file.byte()) << UInt64(8 * i) }
    let most = min(largestHeader, max(2, file.byteCount - 8))
    if count < 2 || count > most || count > file.byteCount - 8 {
      throw bad("\(path: file.path): header length: found \(count), wanted 2 to \(most)")
    }
    let header = try room(Int(count))
    defer { thimble_unmap_file(header.baseAddress, header.count) }
    for i in 0..<header.count { header[i] = try file.byte() }
    let tensors = try TensorTable.read(Text(header.bindMemory(to: UInt8.self)), file.path)
    try tensors.refuseHoles(byteCount: file.byteCount - 8 - count)
    let tensor = try tensors.latents(length: length)
    return (8 + count + tensor.begin, tensor.shape.0)
  }

  @inline(never)
  static func bad(_ line: Line) -> Refusal {
    refusal(.badData, line, advice: "The file is not a whole safetensors file; make or copy it again.")
  }
}

/// One tensor of a header. The name lies in the header's bytes.
struct Tensor {
  var name = Text(start: nil, count: 0)
  var isF32 = false
  /// Bytes of an element; 0 until the type is read.
  var elementByteCount: UInt64 = 0
  /// Dimensions, the first two by their size.
  var dimensions = 0
  var shape: (UInt64, UInt64) = (0, 0)
  /// Product of all dimensions; nil if 64 bits are too few.
  var elementCount: UInt64?
  /// Among the data.
  var begin: UInt64 = 0
  var end: UInt64 = 0
}

/// The tensors of a file, at most 64.
struct TensorTable {
  private static let most = 64
  private let tensors: UnsafeMutableBufferPointer<Tensor>
  private var count = 0
  private let path: Path

  init(_ path: Path) throws(Refusal) {
    tensors = try room(Self.most * MemoryLayout<Tensor>.stride).bindMemory(to: Tensor.self)
    self.path = path
  }

  mutating func append(_ tensor: Tensor) throws(Refusal) {
    if count == Self.most { throw Safetensors.bad("\(path: path): tensors: found more, wanted at most \(Self.most)") }
    for i in 0..<count where tensors[i].name.count == tensor.name.count && tensors[i].name.hasPrefix(tensor.name) {
      throw Safetensors.bad("\(path: path): header: found \(tensor.name) twice, wanted each name once")
    }
    tensors[count] = tensor
    count += 1
  }

  /// Every byte of the data belongs to exactly one tensor.
  func refuseHoles(byteCount: UInt64) throws(Refusal) {
    var sum: UInt64 = 0
    for i in 0..<count {
      let tensor = tensors[i]
      let (size, overflow) = (tensor.elementCount ?? .max).multipliedReportingOverflow(by: tensor.elementByteCount)
      guard !overflow, tensor.begin <= tensor.end, tensor.end <= byteCount, tensor.end - tensor.begin == size else {
        throw Safetensors.bad(
          "\(path: path): \(tensor.name): data_offsets: found \(tensor.begin) to \(tensor.end), wanted as many bytes as the shape says, within \(byteCount)"
        )
      }
      // An empty tensor may lie anywhere.
      for j in 0..<i where max(tensor.begin, tensors[j].begin) < min(tensor.end, tensors[j].end) {
        throw Safetensors.bad(
          "\(path: path): \(tensor.name): data_offsets: found bytes of \(tensors[j].name), wanted no overlap")
      }
      sum += size
    }
    if sum != byteCount {
      throw Safetensors.bad("\(path: path): size of the data: found \(byteCount) bytes, wanted \(sum)")
    }
  }

  /// The tensor `latents`, F32 [any, length].
  func latents(length: Int) throws(Refusal) -> Tensor {
    for i in 0..<count where tensors[i].name.equals("latents") {
      let tensor = tensors[i]
      if tensor.isF32 && tensor.dimensions == 2 && tensor.shape.1 == UInt64(length) { return tensor }
      throw refusal(
        .badData, "\(path: path): latents: found another type or shape, wanted F32 [any, \(length)]",
        advice: "Make latents of this length for this generator.")
    }
    throw refusal(
      .badData, "\(path: path): latents: found no such tensor, wanted F32 [any, \(length)]",
      advice: "Name a file with a tensor `latents`.")
  }
}
