import Foundation
import Testing
import ThimbleNetworks
import ThimbleStateDicts
import ThimbleStorage

/// Names that frameworks and people give to the same generator: its images are those of the original.
@Suite struct ForeignNameTests {
  private func expectSame(
    _ file: ForeignFile, _ text: String, _ change: (inout ImportOptions) -> Void = { _ in }
  ) throws {
    let stored = try file.read(change)
    #expect(try ExpectedImages(fixture: "torch_example").difference(stored) < 1e-5, "\(text)")
  }

  /// Catches: a wrapper's prefix that hides a generator.
  @Test(arguments: [
    "module.", "generator.", "netG.", "G.", "g.", "model.", "_orig_mod.", "module._orig_mod.", "_orig_mod.module.",
    "state_dict.",
    "ema_model.", "generator.model.", "netG.module.", "model.netG.", "g_ema.", "network.", "anything.", "net.gen.",
  ])
  func wrappers(prefix: String) throws {
    try expectSame(try ForeignFile(fixture: "torch_example").renamed { prefix + $0 }, prefix)
    if prefix == "anything." { return }
    let ours = try ForeignFile(fixture: "peers_layout").renamed { prefix + $0 }
    #expect(try ExpectedImages(fixture: "peers_layout").difference(try ours.read()) < 1e-5)
  }

  /// The modules of the example: convolution i is 3 i, its normalisation 3 i + 1.
  private func named(_ convolution: (Int) -> String, _ normalization: (Int) -> String) throws -> ForeignFile {
    try ForeignFile(fixture: "torch_example").renamed { name in
      let parts = name.split(separator: ".")
      let place = Int(parts[1])!
      return (place % 3 == 0 ? convolution(place / 3) : normalization(place / 3)) + "." + parts[2]
    }
  }

  /// Catches: layers of other names that are not found, or that are put in another order.
  @Test func namesOfLayers() throws {
    let known: [(String, (Int) -> String, (Int) -> String)] = [
      ("blocks", { "gen.\($0).0" }, { "gen.\($0).1" }),
      ("net", { $0 < 3 ? "net.\($0).0" : "net.3" }, { "net.\($0).1" }),
      ("nested", { $0 < 3 ? "net.\($0).net.0" : "net.3" }, { "net.\($0).net.1" }),
      ("d2l", { $0 < 3 ? "\($0).conv2d_trans" : "3" }, { "\($0).batch_norm" }),
      ("tconv", { "tconv\($0 + 1)" }, { "bn\($0 + 1)" }), ("deconv", { "deconv\($0 + 1)" }, { "deconv\($0 + 1)_bn" }),
      ("convT", { $0 < 3 ? "convT\($0 + 1).0" : "output.0" }, { "convT\($0 + 1).1" }),
      ("batch_norm", { "deconv\($0 + 1)" }, { "batch_norm\($0 + 1)" }),
      ("layer", { "layer\($0 + 9).0" }, { "layer\($0 + 9).1" }),
      ("bare", { "\(3 * $0)" }, { "\(3 * $0 + 1)" }), ("shifted", { "main.\(3 * $0 + 1)" }, { "main.\(3 * $0 + 2)" }),
    ]
    for (name, convolution, normalization) in known { try expectSame(try named(convolution, normalization), name) }
  }

  /// Catches: the weights before averaging taken for the averaged ones, or left out without a word.
  @Test func averagedGenerators() throws {
    let example = try ForeignFile(fixture: "torch_example")
    var both = example.renamed { "ema_model." + $0 }
    for (name, tensor) in example.tensors { both.add("online_model." + name, tensor.shape, type: tensor.type) }
    both.add("initted", [])
    both.add("step", [], type: .i64)
    try expectSame(both, "ema_model beside online_model")
    let notes = try both.read().notes
    #expect(notes.contains { $0.contains("online_model") } && notes.contains { $0.contains("initted, step") })
    var averaged = example.renamed { "module." + $0 }
    averaged.add("n_averaged", [], type: .i64)
    try expectSame(averaged, "AveragedModel")
  }

  /// Catches: `num_batches_tracked` that is called a stranger.
  @Test func counters() throws {
    var file = try ForeignFile(fixture: "torch_example")
    for place in [1, 4, 7] { file.add("main.\(place).num_batches_tracked", [], type: .i64) }
    try expectSame(file, "num_batches_tracked")
  }

  /// Catches: renamings that do nothing, or that do more than they say.
  @Test func renamings() throws {
    let odd = try named({ "part\(["d", "b", "c", "a"][$0])" }, { "extra\(["d", "b", "c", "a"][$0])" })
    #expect(odd.refusal() != nil)
    try expectSame(odd, "renamed") { options in
      for (index, letter) in ["d", "b", "c", "a"].enumerated() {
        options.renamings.append(("part" + letter, "main.\(3 * index)"))
        if index < 3 { options.renamings.append(("extra\(letter).", "main.\(3 * index + 1).")) }
      }
    }
    // Onto our names: what the file does not say is what is usual.
    try expectSame(try ForeignFile(fixture: "torch_example"), "ours") { options in
      for index in 0..<4 {
        options.renamings.append(("main.\(3 * index)", index == 0 ? "project" : "deconv\(index)"))
        if index < 3 {
          options.renamings.append(("main.\(3 * index + 1)", index == 0 ? "project.bn" : "deconv\(index).bn"))
        }
      }
    }
    var more = try ForeignFile(fixture: "torch_example")
    more.add("aux.weight", [3])
    more.add("aux.scale", [3], type: .i8)
    #expect(more.refusal()?.field.hasPrefix("aux") == true)
    try expectSame(more, "left out") { $0.renamings = [("aux", "")] }
    #expect(try more.read { $0.renamings = [("aux", "")] }.notes.contains { $0.contains("aux.scale, aux.weight") })
    #expect(more.refusal { $0.renamings = [("au", "")] }?.field == "--map")
    #expect(more.refusal { $0.renamings = [("aux.weight", "main.0.weight")] }?.found.contains("both called") == true)
  }

  /// Catches: a checkpoint of our own that takes options which it ignores.
  @Test func ownCheckpointsTakeNoOptions() throws {
    let path = FileManager.default.temporaryDirectory.path + "/thimble-own-\(getpid()).safetensors"
    defer { try? FileManager.default.removeItem(atPath: path) }
    let stored = try ForeignFile(kind: "plain").read()
    try stored.write(statistics: stored.statistics, to: path)
    var options = ImportOptions()
    options.metadata = ["latent": "uniform"]
    #expect(throws: FileError.self) { try StoredGenerator(path: path, importing: options) }
  }
}
