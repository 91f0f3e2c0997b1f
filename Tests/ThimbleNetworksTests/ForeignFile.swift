import Foundation
import Testing
import ThimbleKernelInterface
import ThimbleNetworks
import ThimbleStateDicts
import ThimbleStorage
import ThimbleThreads

/// A file of another program in memory, to be changed and written.
struct ForeignFile {
  struct Tensor {
    var type: TensorType
    var shape: [Int]
    var bytes: [UInt8]
  }

  var metadata: [String: String] = [:]
  var tensors: [String: Tensor] = [:]

  init() {}

  /// One of the files beside the fixtures' own: `torch_example`, `peers_layout`.
  init(fixture name: String) throws {
    let file = try SafetensorsFile(path: "\(Support.fixtures)/import/\(name).safetensors")
    metadata = file.metadata
    for (name, tensor) in file.tensors {
      tensors[name] = Tensor(type: tensor.type, shape: tensor.shape, bytes: Array(tensor.bytes))
    }
  }

  /// One kind of the file that `make_foreign_generators.py` made.
  init(kind: String) throws {
    let all = try ForeignFile(fixture: "foreign")
    for (name, tensor) in all.tensors where name.hasPrefix(kind + "|") && !name.contains("|=") {
      tensors[String(name.dropFirst(kind.count + 1))] = tensor
    }
    for (key, value) in all.metadata where key.hasPrefix(kind + "|") && !key.contains("|=") {
      metadata[String(key.dropFirst(kind.count + 1))] = value
    }
    try #require(!tensors.isEmpty)
  }

  /// The same with other names; without those that become nil.
  func renamed(_ change: (String) -> String?) -> ForeignFile {
    var copy = self
    copy.tensors = [:]
    for (name, tensor) in tensors {
      if let name = change(name) { copy.tensors[name] = tensor }
    }
    return copy
  }

  /// Adds a tensor of these numbers, or of zeros.
  mutating func add(_ name: String, _ shape: [Int], _ values: [Float]? = nil, type: TensorType = .f32) {
    let count = shape.reduce(1, *)
    let bytes =
      values.map { values in values.withUnsafeBytes { Array($0) } }
      ?? [UInt8](repeating: 0, count: count * type.bitCount / 8)
    tensors[name] = Tensor(type: type, shape: shape, bytes: bytes)
  }

  /// The numbers of an F32 tensor.
  func floats(_ name: String) throws -> [Float] {
    let tensor = try #require(tensors[name])
    return tensor.bytes.withUnsafeBytes { bytes in
      (0..<bytes.count / 4).map { bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
    }
  }

  /// Writes it to a temporary file for as long as `body` runs.
  func written<Result>(_ body: (String) throws -> Result) throws -> Result {
    let path = FileManager.default.temporaryDirectory.path + "/thimble-foreign-\(UUID().uuidString).safetensors"
    defer { try? FileManager.default.removeItem(atPath: path) }
    let sorted = tensors.sorted { $0.key < $1.key }
    var writer = try SafetensorsWriter(
      path: path, metadata: metadata, entries: sorted.map { .init($0.key, $0.value.type, $0.value.shape) })
    for (_, tensor) in sorted { try writer.append(tensor.bytes) }
    try writer.commit()
    return try body(path)
  }

  func read(_ change: (inout ImportOptions) -> Void = { _ in }) throws -> StoredGenerator {
    var options = ImportOptions()
    change(&options)
    return try written { try StoredGenerator(path: $0, importing: options) }
  }

  /// The refusal of the file; an issue if there is none.
  func refusal(
    _ change: (inout ImportOptions) -> Void = { _ in }, _ location: SourceLocation = #_sourceLocation
  ) -> FileError? {
    do {
      _ = try read(change)
    } catch {
      return error as? FileError
    }
    Issue.record("no refusal", sourceLocation: location)
    return nil
  }
}

/// What a generator should make of some latents.
struct ExpectedImages {
  let latents: [Float]
  let images: StoredTensor
  /// Every so many rows and columns are there.
  let step: Int

  init(kind: String) throws {
    let file = try SafetensorsFile(path: "\(Support.fixtures)/import/foreign.safetensors")
    latents = try file.tensor("\(kind)|=latents", .f32).floats()
    images = try file.tensor("\(kind)|=images", .f32)
    step = try #require(file.metadata["\(kind)|=step"].flatMap { Int($0) })
  }

  init(fixture name: String) throws {
    let file = try SafetensorsFile(path: "\(Support.fixtures)/import/\(name)_expected.safetensors")
    (latents, images, step) = (try file.tensor("latents", .f32).floats(), try file.tensor("images", .f32), 1)
  }

  /// The greatest difference over all pixels, in [-1, 1]. Statistics that the file lacks are computed.
  func difference(_ stored: StoredGenerator) throws -> Float {
    let (count, channels, rows) = (images.shape[0], images.shape[1], images.shape[2])
    let network = stored.network(capacity: count, workers: Workers(count: 2), kernels: FloatKernels(.detected))
    network.setStatistics(stored.statistics ?? network.freeze(stored.latents))
    try #require(stored.imageChannels == channels && stored.imageSide == (rows - 1) * step + step)
    try #require(latents.count == count * stored.latentLength)
    latents.withUnsafeBufferPointer {
      network.forward($0.baseAddress!, images: count, frozen: true)
    }
    var largest: Float = 0
    for (index, wanted) in images.floats().enumerated() {
      let (n, c) = (index / (channels * rows * rows), index / (rows * rows) % channels)
      let (y, x) = (index / rows % rows * step, index % rows * step)
      let found = network.output[((n * stored.imageSide + y) * stored.imageSide + x) * channels + c]
      // A comparison with a number that is none holds never.
      largest = found.isFinite ? max(largest, abs(found - wanted)) : .infinity
    }
    return largest
  }
}
