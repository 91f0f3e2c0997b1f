import Foundation
import Testing
import ThimbleKernelInterface
import ThimbleNetworks
import ThimbleStateDicts
import ThimbleStorage
import ThimbleThreads

/// The rows of the table in docs/reference/import.md that load: each is the generator that PyTorch ran.
@Suite struct ForeignGeneratorTests {
  /// Catches: a kind of generator that is refused, or read as another one.
  @Test(arguments: [
    "plain", "spectral", "spectral_parametrized", "weight_norm", "weight_norm_parametrized", "biases", "linear",
    "linear_1d",
    "no_affine", "no_normalization", "F16", "BF16", "F64", "epsilon", "kernel5", "size28", "size28_3x3", "size28_cut",
    "size64",
    "size128", "size256", "channels2", "channels4", "latent1", "latent128",
  ])
  func kindsThatLoad(kind: String) throws {
    let stored = try ForeignFile(kind: kind).read()
    #expect(stored.statistics != nil)
    let difference = try ExpectedImages(kind: kind).difference(stored)
    #expect(difference < 1e-5, "\(difference)")
    // Written under our own names and read again, it is the same generator.
    let path = FileManager.default.temporaryDirectory.path + "/thimble-kind-\(kind)-\(getpid()).safetensors"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try stored.write(statistics: stored.statistics, to: path)
    let own = try StoredGenerator(path: path)
    #expect(own.parameters == stored.parameters && own.statistics == stored.statistics && own.layers == stored.layers)
    #expect(own.batchNormEpsilon == stored.batchNormEpsilon && own.latents == stored.latents)
    #expect(try ExpectedImages(kind: kind).difference(own) == difference)
  }

  /// A sigmoid's pixel p is 2 p - 1 of a tanh's. Catches: an output that is taken for a tanh.
  @Test func sigmoid() throws {
    let stored = try ForeignFile(kind: "sigmoid").read()
    let expected = try ExpectedImages(kind: "sigmoid")
    let network = stored.network(capacity: 2, workers: Workers(count: 1), kernels: FloatKernels(.detected))
    network.setStatistics(try #require(stored.statistics))
    expected.latents.withUnsafeBufferPointer {
      network.forward($0.baseAddress!, images: 2, frozen: true)
    }
    let wanted = expected.images.floats()
    #expect(wanted.count == 2 * network.outputCount)
    for (index, value) in wanted.enumerated() { #expect(abs((network.output[index] + 1) / 2 - value) < 1e-5) }
    #expect(stored.metadata["output"] == nil)
  }

  /// Catches: statistics that are missing and made up in silence, or that cannot be computed where that is asked for.
  @Test(arguments: ["untracked", "bare"])
  func missingStatistics(kind: String) throws {
    let file = try ForeignFile(kind: kind)
    #expect(file.refusal()?.advice.contains("--refreeze") == true)
    let stored = try file.read { $0.computesStatistics = true }
    #expect(stored.statistics == nil)
    // Both are estimates, from 12,800 and 20,000 latents.
    #expect(try ExpectedImages(kind: kind).difference(stored) < 0.1)
  }

  /// Catches: metadata that are heeded under our names alone. The field's `metadata.safetensors`.
  @Test func metadataUnderTheirNames() throws {
    var file = try ForeignFile(fixture: "torch_example")
    file.metadata = ["latent": "uniform", "bn_eps": "0.8"]
    let stored = try file.read()
    #expect(stored.latents.distribution == .uniform && stored.batchNormEpsilon == 0.8)
    #expect(try ForeignFile(fixture: "torch_example").read().batchNormEpsilon == 1e-5)
    // An option wins over the file.
    #expect(try file.read { $0.metadata = ["latent": "normal"] }.latents.distribution == .normal)
    for (key, value) in [
      ("latent", "gauss"), ("bn_eps", "x"), ("bn_eps", "0"), ("bn_eps", "nan"), ("geometry", "4x4"), ("output", "relu"),
      ("geometry", "4x4 stride 2 padding 1 output_padding 0; 4x4 stride 2 padding 1 output_padding 0"),
      ("normalization", "instance"),
    ] {
      file.metadata = [key: value]
      #expect(file.refusal()?.field == key, "\(key) \(value)")
    }
  }

  /// Catches: a guess that is not said.
  @Test func guessesAreSaid() throws {
    let notes = try ForeignFile(kind: "F64").read().notes
    #expect(notes.contains { $0.hasPrefix("rounded") && $0.contains("F64") })
    #expect(notes.contains { $0.contains("main.0 + main.1, main.3 + main.4, main.6") })
    #expect(notes.contains { $0.contains("latent normal; bn_eps 1e-05; ReLU") && $0.contains("geometry 4x4 stride 2") })
    #expect(try ForeignFile(kind: "no_normalization").read().notes.contains { $0.contains("without batch norm") })
    #expect(try ForeignFile(kind: "BF16").read().notes.contains { $0.hasPrefix("widened exactly") })
    #expect(
      try ForeignFile(kind: "spectral").read().notes.contains("computed: 3 weights from their spectral normalisation"))
  }
}
