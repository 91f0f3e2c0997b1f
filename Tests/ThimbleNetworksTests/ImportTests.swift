import Foundation
import Testing
import Thimble
import ThimbleKernelInterface
import ThimbleNetworks
import ThimbleStorage
import ThimbleThreads

/// Foreign generators against the images that an independent f32 implementation made of the same latents.
@Suite struct ImportTests {
  /// The greatest difference over all pixels, in [-1, 1].
  private func difference(_ generatorPath: String, _ expectedPath: String) throws -> Float {
    let stored = try StoredGenerator(path: generatorPath)
    let expected = try SafetensorsFile(path: expectedPath)
    let latents = try expected.tensor("latents", .f32).floats()
    let images = try expected.tensor("images", .f32)
    let (count, channels, side) = (images.shape[0], images.shape[1], images.shape[2])
    let network = stored.network(capacity: count, workers: Workers(count: 2), kernels: FloatKernels(.detected))
    network.setStatistics(try #require(stored.statistics))
    latents.withUnsafeBufferPointer { network.forward($0.baseAddress!, images: count, frozen: true) }
    var largest: Float = 0
    for (index, wanted) in images.floats().enumerated() {
      let (n, c) = (index / (channels * side * side), index / (side * side) % channels)
      let found = network.output[(n * side * side + index % (side * side)) * channels + c]
      largest = max(largest, abs(found - wanted))
    }
    return largest
  }

  @Test(.enabled(if: Support.hasShared, "needs the shared data sets beside the repository"))
  func authorsNetwork() throws {
    let folder = Support.shared + "/data/svhn32-authors"
    let largest = try difference(folder + "/generator.safetensors", folder + "/expected.safetensors")
    print("authors' SVHN generator: greatest difference \(largest)")
    #expect(largest < 1e-4)
  }

  /// A bias before batch normalisation, as PyTorch's layers have by default, moves the running mean with it: the images are the
  /// same. Catches a bias that is dropped.
  @Test func biasBeforeNormalization() throws {
    let path = Support.fixtures + "/import/peers_layout"
    let file = try SafetensorsFile(path: path + ".safetensors")
    var tensors = file.tensors.values.sorted { $0.name < $1.name }.map { ($0.name, $0.shape, $0.floats()) }
    let mean = tensors.firstIndex { $0.0 == "deconv1.bn.running_mean" }!
    tensors[mean].2 = tensors[mean].2.map { $0 + 5 }
    tensors.append(("deconv1.bias", tensors[mean].1, [Float](repeating: 5, count: tensors[mean].2.count)))
    let copy = FileManager.default.temporaryDirectory.path + "/thimble-bias-\(getpid()).safetensors"
    defer { try? FileManager.default.removeItem(atPath: copy) }
    var writer = try SafetensorsWriter(
      path: copy, metadata: file.metadata, entries: tensors.map { .init($0.0, .f32, $0.1) })
    for tensor in tensors { try writer.append(tensor.2) }
    try writer.commit()
    #expect(try difference(copy, path + "_expected.safetensors") < 1e-4)
  }

  @Test(arguments: ["torch_example", "peers_layout"])
  func otherLayouts(name: String) throws {
    let path = Support.fixtures + "/import/" + name
    let largest = try difference(path + ".safetensors", path + "_expected.safetensors")
    #expect(largest < 1e-5)
    // Written under our own names and read again, it is the same generator.
    let copy = FileManager.default.temporaryDirectory.path + "/thimble-import-\(name)-\(getpid()).safetensors"
    defer { try? FileManager.default.removeItem(atPath: copy) }
    let stored = try StoredGenerator(path: path + ".safetensors")
    try stored.write(statistics: stored.statistics, to: copy)
    #expect(try difference(copy, path + "_expected.safetensors") == largest)
    #expect(try StoredGenerator(path: copy).parameters == stored.parameters)
  }
}

enum Support {
  /// The root of the package.
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path
  static let fixtures = root + "/Tests/Fixtures"
  /// Data sets that are too large, or not licensed, for the repository.
  static let shared = root + "/../shared"
  static var hasShared: Bool { FileManager.default.fileExists(atPath: shared + "/data/README.md") }
}
