import Foundation
import Testing
import ThimbleStorage

/// `thimble import` on what people have from elsewhere: options, what it says, and the way on.
@Suite struct ImportCommandTests {
  let folder = Folder()
  private static let example = "\(Program.fixtures)/import/torch_example.safetensors"

  /// The example's header and data, changed.
  private func changed(
    _ name: String, _ change: (inout [String: Any], inout [UInt8]) -> Void
  ) throws -> String {
    let whole = bytes(of: Self.example)
    let count = Int(whole[..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    var header = try #require(try JSONSerialization.jsonObject(with: Data(whole[8..<(8 + count)])) as? [String: Any])
    var data = Array(whole[(8 + count)...])
    change(&header, &data)
    let json = [UInt8](try JSONSerialization.data(withJSONObject: header))
    let length = withUnsafeBytes(of: UInt64(json.count).littleEndian) { Array($0) }
    return folder.write(name, length + json + data)
  }

  /// Catches: another checkpoint for the same generator under a wrapper's names.
  @Test func wrappedIsTheSame() throws {
    let wrapped = try changed(
      "wrapped",
      { header, _ in
        header = Dictionary(uniqueKeysWithValues: header.map { ($0 == "__metadata__" ? $0 : "module." + $0, $1) })
      })
    try done(["import", Self.example, "-o", folder["a"]])
    let outcome = try done(["import", wrapped, "-o", folder["b"]])
    #expect(sameBytes(folder["a"], folder["b"]))
    #expect(outcome.text.contains("layers: main.0 + main.1") && outcome.text.contains("taken for granted"))
    try done(["import", wrapped, "-o", folder["c"], "--map", "module.main=main"])
    #expect(sameBytes(folder["a"], folder["c"]))
  }

  /// Catches: a discriminator, a stranger or metadata that pass in silence; options that are taken without being understood.
  @Test func optionsAndRefusals() throws {
    let more = try changed(
      "more",
      { header, data in
        header["main.99.weight"] =
          ["dtype": "F32", "shape": [1], "data_offsets": [data.count, data.count + 4]] as [String: Any]
        data += [0, 0, 0, 0]
      })
    expectRefusal(
      try run(["import", more, "-o", folder["out"]]), 65, file: more,
      saying: "main.99.weight: found a tensor that belongs")
    #expect(!exists(folder["out"]))
    let left = try done(["import", more, "-o", folder["out"], "--map", "main.99.weight="])
    #expect(left.text.contains("left out, as told: main.99.weight"))
    expectRefusal(
      try run(["import", Self.example, "-o", folder["no"], "--map", "x=y"]), 64, file: Self.example,
      saying: "no tensor called x")
    for wrong in [
      ["--map", "x"], ["--map", "=x"], ["--metadata", "epsilon=1"], ["--metadata", "latent"], ["--map"],
    ] {
      try expectUsage(["import", Self.example, "-o", folder["no"]] + wrong)
    }
    try expectUsage(["import", Self.example, "-o", folder["no"], "--metadata", "bn_eps=1", "--metadata", "bn_eps=1"])
    let uniform = try done([
      "import", Self.example, "-o", folder["u"], "--metadata", "latent=uniform", "--metadata", "bn_eps=0.8",
    ])
    #expect(uniform.text.contains("(uniform)"))
    #expect(try SafetensorsFile(path: folder["u"]).metadata["bn_eps"] == "0.8")
    expectRefusal(
      try run(["import", folder["u"], "-o", folder["no"], "--metadata", "latent=normal"]), 64,
      saying: "of Thimble's own")
    #expect(!exists(folder["no"]))
  }

  /// Catches: statistics that are made without being asked for, and a request for them that fails.
  @Test func missingStatistics() throws {
    let bare = try changed(
      "bare",
      { header, data in
        var kept: [(String, Any, ArraySlice<UInt8>)] = []
        for (name, value) in header where !name.contains("running") && name != "__metadata__" {
          let range = (value as! [String: Any])["data_offsets"] as! [Int]
          kept.append((name, value, data[range[0]..<range[1]]))
        }
        (header, data) = ([:], data)
        var made: [UInt8] = []
        for (name, value, bytes) in kept {
          var entry = value as! [String: Any]
          entry["data_offsets"] = [made.count, made.count + bytes.count]
          header[name] = entry
          made += bytes
        }
        data = made
      })
    expectRefusal(try run(["import", bare, "-o", folder["out"]]), 65, file: bare, saying: "no running statistics")
    #expect(!exists(folder["out"]))
    #expect(try done(["import", bare, "-o", folder["out"], "--refreeze"]).text.contains("statistics computed anew"))
    try done(["export", folder["out"], "-o", folder["g.thimble"], "--calibrate", "16"])
  }

  /// The kinds of the fixture whose networks a .thimble file has never held before: no normalisation, several geometries, four
  /// channels. Catches: an import that cannot be exported and sampled.
  @Test(arguments: [
    "no_normalization", "size28_cut", "size28_3x3", "channels2", "channels4", "linear", "size256", "latent1",
  ])
  func wayOn(kind: String) throws {
    let all = try SafetensorsFile(path: "\(Program.fixtures)/import/foreign.safetensors")
    let tensors = all.tensors.values.filter { $0.name.hasPrefix(kind + "|") && !$0.name.contains("|=") }.sorted {
      $0.name < $1.name
    }
    let metadata = all.metadata.filter { $0.key.hasPrefix(kind + "|") && !$0.key.contains("|=") }
    let start = kind.count + 1
    var writer = try SafetensorsWriter(
      path: folder["in"],
      metadata: Dictionary(uniqueKeysWithValues: metadata.map { (String($0.key.dropFirst(start)), $0.value) }),
      entries: tensors.map { .init(String($0.name.dropFirst(start)), $0.type, $0.shape) })
    for tensor in tensors { try writer.append(tensor.bytes) }
    try writer.commit()
    try done(["import", folder["in"], "-o", folder["made"]])
    try done(["inspect", folder["made"]])
    try done(["export", folder["made"], "-o", folder["g.thimble"], "--calibrate", "16"])
    let exact = try done(["sample", folder["g.thimble"], "0-7", "--raw"]).output
    let float = try done(["sample", folder["made"], "0-7", "--raw"]).output
    #expect(exact.count == float.count && !exact.isEmpty)
    let differences = zip(exact, float).map { abs(Int($0) - Int($1)) }
    #expect(Double(differences.reduce(0, +)) / Double(exact.count) < 4, "\(kind)")
    #expect(Set(exact).count > 16)
  }

  /// Catches: a file of PyTorch's or Keras's that is only called broken.
  @Test func otherFiles() throws {
    let pickle = folder.write("netG.pth", [0x80, 2, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20])
    let outcome = try run(["import", pickle, "-o", folder["out"]])
    expectRefusal(outcome, 65, file: pickle, saying: "a PyTorch file (pickle: .pt, .pth, .ckpt)")
    #expect(outcome.errors.contains("python3 -c \"import sys, torch, safetensors.torch as s;"))
  }
}
