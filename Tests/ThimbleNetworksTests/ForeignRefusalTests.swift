import Foundation
import Testing
import ThimbleNetworks
import ThimbleStateDicts
import ThimbleStorage

/// The rows of the table in docs/reference/import.md that are refused: each by its name.
@Suite struct ForeignRefusalTests {
  private func expect(
    _ file: ForeignFile, _ field: String, _ words: String, _ location: SourceLocation = #_sourceLocation
  ) {
    let error = file.refusal({ _ in }, location)
    #expect(error?.field == field, "\(error?.description ?? "")", sourceLocation: location)
    #expect(error?.description.contains(words) == true, "\(error?.description ?? "")", sourceLocation: location)
    #expect(error?.kind == .badData, sourceLocation: location)
  }

  /// A file of zeros with these shapes.
  private func file(_ shapes: [(String, [Int])]) -> ForeignFile {
    var file = ForeignFile()
    for (name, shape) in shapes { file.add(name, shape) }
    return file
  }

  private func normalization(_ name: String, _ channels: Int) -> [(String, [Int])] {
    ["weight", "bias", "running_mean", "running_var"].map { ("\(name).\($0)", [channels]) }
  }

  /// Catches: a tensor that does not belong and is ignored. The field's `one-too-many.safetensors`, and others.
  @Test func strangers() throws {
    for (name, shape) in [
      ("main.99.weight", [1]), ("main.10.weight", [3]), ("main.3.scale", [1]), ("main.0.weight_mask", [100, 32, 4, 4]),
      ("other", [2]), ("noise.0", [1, 1, 4, 4]), ("main.2.weight", [7, 7, 7]),
    ] {
      var foreign = try ForeignFile(fixture: "torch_example")
      foreign.add(name, shape)
      expect(foreign, name, "belongs to no layer")
    }
    for name in ["deconv1.bn.scale", "deconv3.bn.weight", "deconv9.weight", "extra"] {
      var ours = try ForeignFile(fixture: "peers_layout")
      ours.add(name, [3])
      expect(ours, name, "belongs to no layer")
    }
  }

  private static let discriminatorShapes: [(String, [Int])] = [
    ("main.0.weight", [8, 3, 4, 4]), ("main.2.weight", [16, 8, 4, 4]), ("main.3.weight", [16]), ("main.3.bias", [16]),
    ("main.3.running_mean", [16]), ("main.3.running_var", [16]), ("main.5.weight", [1, 16, 4, 4]),
  ]

  /// Catches: a discriminator that is called something else, alone or beside a generator.
  @Test func discriminators() throws {
    expect(file(Self.discriminatorShapes), "main.0.weight", "found a discriminator")
    expect(file(Self.discriminatorShapes.map { ("netD." + $0.0, $0.1) }), "netD.main.0.weight", "found a discriminator")
    var both = try ForeignFile(fixture: "torch_example").renamed { "netG." + $0 }
    for (name, shape) in Self.discriminatorShapes { both.add("netD." + name, shape) }
    expect(both, "netD.main.0.weight", "a discriminator beside the generator")
    #expect(both.refusal()?.advice.contains("--map netD.=`") == true)
    #expect(
      try ExpectedImages(fixture: "torch_example").difference(both.read { $0.renamings = [("netD.", "")] }) < 1e-5)
    let linear = Self.discriminatorShapes.dropLast() + [("main.9.weight", [1, 256]), ("main.9.bias", [1])]
    expect(file(Array(linear)), "main.0.weight", "found a discriminator")
  }

  /// Catches: networks of other kinds that are read as a DCGAN's, or called broken.
  @Test func otherNetworks() throws {
    // eriklindernoren/PyTorch-GAN: upsampling and Conv2d.
    let upsampling: [(String, [Int])] =
      [("l1.0.weight", [8 * 16, 5]), ("l1.0.bias", [8 * 16])] + normalization("conv_blocks.0", 8) + [
        ("conv_blocks.2.weight", [8, 8, 3, 3]), ("conv_blocks.2.bias", [8]),
      ] + normalization("conv_blocks.3", 8) + [("conv_blocks.6.weight", [4, 8, 3, 3]), ("conv_blocks.6.bias", [4])]
      + normalization("conv_blocks.7", 4) + [("conv_blocks.9.weight", [1, 4, 3, 3]), ("conv_blocks.9.bias", [1])]
    expect(file(upsampling), "conv_blocks.2.weight", "ordinary convolutions (Conv2d)")
    expect(
      file([("dense/kernel:0", [5, 128]), ("conv2d_transpose/kernel:0", [5, 5, 4, 8])]), "conv2d_transpose/kernel:0",
      "Keras")
    expect(file([("a.weight", [5, 5, 8, 4]), ("b.weight", [5, 5, 4, 1])]), "a.weight", "Keras")
    expect(file([("params.Dense_0.kernel", [5, 128])]), "params.Dense_0.kernel", "Flax")
    var labelled = try ForeignFile(kind: "plain")
    labelled.add("label_emb.weight", [10, 5])
    expect(labelled, "label_emb.weight", "labels")
    expect(
      file([("model.embed_tokens.weight", [4, 4]), ("lm_head.weight", [4, 4])]), "model.embed_tokens.weight", "labels")
    expect(file([("a", [1]), ("b.c", [2])]), "names of tensors", "found a, b.c")
    expect(ForeignFile(), "names of tensors", "found none")
    var unordered = try ForeignFile(kind: "plain")
    unordered.tensors["main.9.weight"] = unordered.tensors.removeValue(forKey: "main.0.weight")
    expect(unordered, "names of tensors", "--map old=new")
  }

  /// Catches: something between layers that shows no tensors, and is taken for nothing.
  @Test func placesWithoutTensors() throws {
    let later = try ForeignFile(kind: "plain").renamed { $0.replacingOccurrences(of: "main.6", with: "main.7") }
    expect(later, "main.7.weight", "3 places of a sequence between it and main.3.weight")
    let direct = try ForeignFile(kind: "no_normalization").renamed {
      $0.replacingOccurrences(of: "main.4", with: "main.3")
    }
    expect(direct, "main.3.weight", "0 places")
    // Without a sequence, nothing shows whether there is normalisation: it has to be said.
    let names = ["main.0": "a", "main.2": "b", "main.4": "c"]
    let plain = try ForeignFile(kind: "no_normalization").renamed { names[String($0.prefix(6))]! + $0.dropFirst(6) }
    expect(plain, "a.weight", "normalization=none")
    let stored = try plain.read { $0.metadata = ["normalization": "none"] }
    #expect(try ExpectedImages(kind: "no_normalization").difference(stored) < 1e-5)
    let ours = ["main.0": "project", "main.3": "deconv1", "main.6": "deconv2"]
    var bare = try ForeignFile(kind: "bare").renamed { ours[String($0.prefix(6))]! + $0.dropFirst(6) }
    bare.metadata = ["geometry": "4x4 stride 2 padding 1 output_padding 0", "latent": "normal", "bn_eps": "1e-5"]
    expect(bare, "project.weight", "no batch normalisation after it")
    let computed = try bare.read { $0.computesStatistics = true }
    #expect(try ExpectedImages(kind: "bare").difference(computed) < 0.1)
    var some = try ForeignFile(kind: "plain")
    for name in ["weight", "bias", "running_mean", "running_var"] { some.tensors["main.4.\(name)"] = nil }
    expect(some, "main.3.weight", "no batch normalisation after it")
  }

  /// Catches: sizes beyond the format's, a missing part, or numbers that are none, without their name.
  @Test func sizesAndNumbers() throws {
    func chain(_ latent: Int, _ channels: Int, side: Int = 4) -> ForeignFile {
      file(
        [("main.0.weight", [latent, 2, side, side])] + normalization("main.1", 2) + [
          ("main.3.weight", [2, channels, 4, 4])
        ])
    }
    expect(chain(1025, 1), "main.0.weight", "latents of 1025 numbers")
    expect(chain(5, 5), "main.3.weight", "5 channels out")
    expect(
      file([("main.0.weight", [5, 2, 4, 3])] + normalization("main.1", 2) + [("main.3.weight", [2, 1, 4, 4])]),
      "main.0.weight", "24 x 5")
    let kernels = file(
      [("main.0.weight", [5, 2, 4, 4])] + normalization("main.1", 2) + [("main.3.weight", [2, 1, 5, 5])])
    expect(kernels, "geometry", "kernels of 5x5")
    var deep: [(String, [Int])] = []
    for index in 0..<10 {
      deep.append(("main.\(3 * index).weight", [index == 0 ? 5 : 1, 1, 4, 4]))
      if index < 9 { deep += normalization("main.\(3 * index + 1)", 1) }
    }
    var small = file(deep)
    small.metadata = ["geometry": "4x4 stride 1 padding 1 output_padding 0"]
    expect(small, "main.27.weight", "9 convolutions after the first layer")
    expect(file(deep), "main.27.weight", "2048x2048")
    for (value, words) in [(Float.nan, "nan at number 2"), (.infinity, "inf at number 2")] {
      var damaged = try ForeignFile(kind: "plain")
      var values = try damaged.floats("main.4.bias")
      values[2] = value
      damaged.add("main.4.bias", [4], values)
      expect(damaged, "main.4.bias", words)
    }
    var wide = try ForeignFile(kind: "plain")
    wide.add("main.4.bias", [4], type: .f64)
    wide.tensors["main.4.bias"]!.bytes = [1e300, 0, 0, 0].flatMap { (value: Double) in
      withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) }
    }
    expect(wide, "main.4.bias", "1e+300 at number 0, wanted finite numbers that f32 can hold")
    var whole = try ForeignFile(kind: "plain")
    whole.add("main.4.bias", [4], type: .i32)
    expect(whole, "main.4.bias", "I32 [4], wanted floating-point numbers")
    var negative = try ForeignFile(kind: "plain")
    negative.add("main.4.running_var", [4], [1, 1, -1, 1])
    expect(negative, "main.4.running_var", "found -1.0")
    var half = try ForeignFile(kind: "plain")
    half.tensors["main.4.running_mean"] = nil
    expect(half, "main.4.running_mean", "no such tensor")
    var parts = try ForeignFile(kind: "spectral")
    parts.tensors["main.3.weight_v"] = nil
    expect(parts, "main.3.weight_v", "no such tensor")
    // Early versions of PyTorch stored the quotient, and no second vector.
    var quotient = try ForeignFile(kind: "plain")
    quotient.add("main.3.weight_orig", [6, 4, 4, 4])
    quotient.add("main.3.weight_u", [4])
    #expect(try ExpectedImages(kind: "plain").difference(quotient.read()) < 1e-5)
    let vectors = try ForeignFile(kind: "spectral")
    var short = vectors
    short.add("main.3.weight_u", [3])
    expect(short, "main.3.weight_u", "wanted vectors that fit main.3.weight_orig")
    var dead = vectors
    dead.add("main.3.weight_orig", [6, 4, 4, 4])
    expect(dead, "main.3.weight_orig", "a spectral norm of 0")
  }
  /// Catches: names and shapes that only an attacker writes, and that end the program.
  @Test func hostileFiles() throws {
    let far = "9223372036854775807"
    for name in [
      "main.\(far).weight", "main.-\(far).weight", "\(far)\(far).weight", ".", "..", "module.", "main..weight",
      ".weight",
    ] {
      var foreign = try ForeignFile(kind: "plain")
      foreign.add(name, [6, 4, 4, 4])
      #expect(foreign.refusal()?.kind == .badData, "\(name)")
      #expect(file([(name, [0])]).refusal()?.kind == .badData, "\(name)")
    }
    var turned = try ForeignFile(kind: "plain")
    turned.tensors["main.-\(far).weight"] = turned.tensors.removeValue(forKey: "main.0.weight")
    turned.tensors["main.\(far).weight"] = turned.tensors.removeValue(forKey: "main.6.weight")
    _ = try? turned.read()
    let empty = [0, 3, 1 << 40, 1 << 40]
    expect(
      file([("a.weight_orig", empty), ("a.weight_u", [3]), ("a.weight_v", [0])]), "a.weight_u",
      "wanted vectors that fit")
    _ = file([("a.weight_v", empty), ("a.weight_g", [1])]).refusal()
    for shape in [
      [0, 1 << 40, 1 << 40], [1 << 40, 0, 1 << 40, 2], [0], [0, 0], [0, 0, 0, 0], [], [1, 1, 1, 1, 1, 1],
    ] {
      for name in ["main.0.weight", "main.3.weight", "main.1.running_mean", "main.6.weight", "main.1.weight"] {
        var foreign = try ForeignFile(kind: "plain")
        foreign.tensors[name] = .init(
          type: .f32, shape: shape, bytes: [UInt8](repeating: 0, count: shape.contains(0) ? 0 : 4))
        #expect(foreign.refusal()?.kind == .badData, "\(name) \(shape)")
      }
      for name in ["project.weight", "deconv1.weight", "deconv3.bias", "project.bn.running_var"] {
        var ours = try ForeignFile(fixture: "peers_layout")
        ours.tensors[name] = .init(
          type: .f32, shape: shape, bytes: [UInt8](repeating: 0, count: shape.contains(0) ? 0 : 4))
        #expect(ours.refusal()?.kind == .badData, "\(name) \(shape)")
      }
    }
    // Kernels of one tap that a padding would make two hundred times as large.
    var wide = file(
      [("main.0.weight", [1, 4096, 1, 1])] + normalization("main.1", 4096) + [("main.3.weight", [4096, 512, 1, 1])]
        + normalization("main.4", 512) + [("main.6.weight", [512, 1, 1, 1])])
    wide.metadata = ["geometry": "1x1 stride 4 padding 7 output_padding 3"]
    #expect(wide.refusal()?.kind == .badData)
  }
}
