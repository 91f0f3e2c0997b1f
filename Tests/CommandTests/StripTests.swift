import Foundation
import Testing
import ThimbleStorage

/// Checkpoints without their optimiser.
@Suite struct StripTests {
  let made = Made.shared
  let folder = Folder()

  private func strip(_ checkpoint: String) throws -> String {
    try done(["strip", checkpoint, "-o", folder["networks.safetensors"]])
    return folder["networks.safetensors"]
  }

  private func expectSameGenerator(_ checkpoint: String, _ networks: String) throws {
    var exported: [[UInt8]] = []
    for (index, file) in [checkpoint, networks].enumerated() {
      try done(["export", file, "-o", folder["\(index).thimble"], "--calibrate", "16"])
      try done(["sample", file, "0-7", "-o", folder["\(index).raw"]])
      exported.append(bytes(of: folder["\(index).thimble"]))
    }
    #expect(exported[0].count > 1000)
    #expect(exported[0].elementsEqual(exported[1]))
    #expect(bytes(of: folder["0.raw"]).elementsEqual(bytes(of: folder["1.raw"])))
  }

  /// Catches: networks without a discriminator or statistics, with an optimiser, or of other numbers.
  @Test func bothNetworks() throws {
    let networks = try strip(made.checkpoint)
    try expectSameGenerator(made.checkpoint, networks)
    let (whole, part) = (try SafetensorsFile(path: made.checkpoint), try SafetensorsFile(path: networks))
    #expect(Set(part.tensors.keys) == Set(whole.tensors.keys.filter { !$0.hasPrefix("optimizer.") }))
    #expect(part.tensors.keys.contains("discriminator.conv1.weight"))
    #expect(part.metadata["checkpoint_digest"] == whole.metadata["digest"])
  }

  /// Catches: the generator of the last step in place of the averaged one.
  @Test func averagedGenerator() throws {
    let recipe = folder.write(
      "recipe.json", Made.recipeText.replacing("\"passes\": 3", with: "\"passes\": 3, \"generatorAverage\": 0.9"))
    try done(["train", recipe, "--data", made.set, "--outdir", folder["run"]])
    let checkpoint = folder["run/checkpoint.safetensors"]
    let networks = try strip(checkpoint)
    try expectSameGenerator(checkpoint, networks)
    let name = "deconv1.weight"
    let averages = try SafetensorsFile(path: checkpoint).tensor("average.\(name)", .f32).floats()
    #expect(try SafetensorsFile(path: networks).tensor("generator.\(name)", .f32).floats() == averages)
  }

  /// Networks that no generator is sampled from are stripped all the same.
  @Test func pooling() throws {
    let text = Made.recipeText.replacingOccurrences(of: "\"passes\"", with: "\"pooling\": true, \"passes\"")
    let recipe = folder.write("pooling.json", text)
    try done(["train", recipe, "--data", made.set, "--outdir", folder["pooling"], "--steps", "2"])
    let checkpoint = folder["pooling/checkpoint.safetensors"]
    #expect(try done(["strip", checkpoint, "-o", folder["networks"]]).text.contains("after step 2"))
    try done(["features", folder["networks"], "--data", made.set, "-o", folder["features"]])
    expectRefusal(
      try run(["sample", folder["networks"], "1", "--raw"]), 65, file: folder["networks"], saying: "pooling")
  }

  /// Catches: a file that has nothing to leave out and is taken all the same, or training that goes on without its optimiser.
  @Test func refusals() throws {
    let networks = try strip(made.checkpoint)
    for file in [networks, made.set, made.generator] {
      expectRefusal(try run(["strip", file, "-o", folder["out"]]), 65, file: file)
      #expect(!exists(folder["out"]))
    }
    try FileManager.default.copyItem(atPath: made.run, toPath: folder["copy"])
    #expect(!names(in: folder["copy/checkpoints"]).isEmpty)
    for name in names(in: folder["copy/checkpoints"]) {
      folder.write("copy/checkpoints/\(name)", bytes(of: networks))
    }
    let resumed = try run(["train", "--data", made.set, "--outdir", folder["copy"], "--resume", "--steps", "20"])
    #expect(resumed.status == 65 && resumed.errors.contains("format"), "\(resumed.errors)")
  }
}
