import Foundation
import Testing

/// Bad .thimble files, golden files and latents.
@Suite struct GeneratorRefusalTests {
  let made = Made.shared
  let folder = Folder()

  private func refused(_ path: String, _ status: Int32) throws {
    let output = folder["out"]
    for arguments in [
      ["sample", path, "1", "-o", output], ["inspect", path], ["verify", path, made.golden],
      ["golden", path, "--seeds", "1", "-o", output],
    ] {
      expectRefusal(try run(arguments), status, file: path)
      #expect(!exists(output))
    }
  }

  /// Catches: a file that is missing, empty, cut, too long, too large or of another kind, and yet read.
  @Test func badGenerators() throws {
    let whole = bytes(of: made.generator)
    try refused(folder["none.thimble"], 66)
    try refused(folder.path, 65)
    for (name, bytes) in [
      ("empty", []), ("magic", Array(whole[..<8])), ("header", Array(whole[..<128])), ("cut", Array(whole.dropLast())),
      ("long", whole + [UInt8](repeating: 0, count: 64)), ("foreign", Array("GIF89a".utf8) + whole[6...]),
      ("checkpoint", bytes(of: made.checkpoint)),
    ] {
      try refused(folder.write("\(name).thimble", bytes), 65)
    }
    try refused(folder.sparse("oversized.thimble", byteCount: 1 << 31), 65)
    try refused(folder.write("foreign.bin", Made.idxBytes()), 65)
    try refused(folder.write("empty.bin", []), 65)
  }

  /// Catches: a damaged file that gives other pixels instead of an error. 60 flipped bits, half of them in the header and
  /// the records, from the seed 17.
  @Test func flippedBits() throws {
    let whole = bytes(of: made.generator)
    var random = SeededNumbers(state: 17)
    for number in 0..<60 {
      let place = Int.random(in: 0..<(number % 2 == 0 ? 512 : whole.count), using: &random)
      let bit = Int.random(in: 0..<8, using: &random)
      var flipped = whole
      flipped[place] ^= 1 << UInt8(bit)
      let path = folder.write("flipped.thimble", flipped)
      let outcome = try run(["sample", path, "1", "--raw"])
      #expect(outcome.output.isEmpty, "byte \(place), bit \(bit)")
      expectRefusal(outcome, 65, file: path)
    }
  }

  /// Catches: a golden file that is read although it is none, or that verifies nothing.
  @Test func badGoldenFiles() throws {
    let line = String(text(of: made.golden).prefix(64))
    expectRefusal(try run(["verify", made.generator, folder["none.txt"]]), 66, file: folder["none.txt"])
    for (name, text) in [
      ("empty", ""), ("blank", "\n\n"), ("cut", "\(line.prefix(60))  0\n"), ("spaces", "\(line) 0\n"),
      ("capitals", "\(line.uppercased())  0\n"), ("seed", "\(line)  -1\n"), ("none", "\(line)  \n"),
      ("later", "\(line)  0\nnonsense\n"), ("control", "\u{1B}[31m\u{7}\n"),
    ] {
      let path = folder.write("\(name).txt", text)
      let outcome = try run(["verify", made.generator, path])
      expectRefusal(outcome, 65, file: path, saying: ": line ")
      #expect(!outcome.errors.contains("\u{1B}"))
    }
    for path in [made.generator, folder.sparse("oversized.txt", byteCount: 1 << 28)] {
      expectRefusal(try run(["verify", made.generator, path]), 65, file: path)
    }
  }

  private func refusedLatents(_ path: String, _ status: Int32, saying words: String = "") throws {
    let outcome = try run(["sample", made.generator, "--latents", path, "-o", folder["out.raw"]])
    expectRefusal(outcome, status, file: path, saying: words)
    #expect(!exists(folder["out.raw"]))
  }

  /// Catches: latents of another width, of no number, or none at all that make images.
  @Test func badLatents() throws {
    var row = [Float](repeating: 0.5, count: 200)
    try refusedLatents(folder["none.f32"], 66)
    try refusedLatents(folder.write("empty.f32", []), 65, saying: "found none")
    try refusedLatents(folder.write("cut.f32", raw(row).dropLast()), 65, saying: "size")
    try refusedLatents(folder.write("narrow.f32", raw(Array(row[..<99]))), 65, saying: "size")
    try refusedLatents(folder.sparse("oversized.f32", byteCount: 400 << 24), 65, saying: "rows")
    try refusedLatents(
      folder.write("narrow.st", safetensors("latents", [2, 99], Array(row[..<198]))), 65, saying: "latents")
    try refusedLatents(folder.write("name.st", safetensors("z", [2, 100], row)), 65, saying: "latents")
    try refusedLatents(folder.write("flat.st", safetensors("latents", [200], row)), 65, saying: "latents")
    try refusedLatents(folder.write("rows.st", safetensors("latents", [0, 100], [])), 65, saying: "latents")
    try refusedLatents(folder.write("cut.st", safetensors("latents", [2, 100], row).dropLast()), 65)
    try refusedLatents(made.generator, 65)
    row[123] = .nan
    try refusedLatents(folder.write("nan.f32", raw(row)), 65, saying: "latent 1, element 23: found NaN")
    try refusedLatents(
      folder.write("nan.st", safetensors("latents", [2, 100], row)), 65, saying: "latent 1, element 23")
  }

  /// Catches: infinite or huge latents that are not saturated as format.md says.
  @Test func saturatedLatents() throws {
    let wild = [Float](repeating: .infinity, count: 50) + [Float](repeating: -1e30, count: 50)
    let tame = [Float](repeating: 32767 / 4096, count: 50) + [Float](repeating: -8, count: 50)
    let pixels = try [wild, tame].enumerated().map { index, row in
      try done(["sample", made.generator, "--latents", folder.write("\(index).f32", raw(row)), "--raw"]).output
    }
    #expect(pixels[0] == pixels[1])
  }

  /// Catches: images of 2 or 4 channels that are written as a picture of 3, or that end the program.
  @Test(arguments: [("003", 2), ("005", 4)]) func otherChannels(name: String, channels: Int) throws {
    let generator = "\(Program.fixtures)/models/random-\(name).thimble"
    for arguments in [
      ["-o", folder["a.png"]], ["-o", folder["a.ppm"]], ["-o", folder["a.y4m"]], ["--grid", "2x2", "--raw"],
    ] {
      expectRefusal(
        try run(["sample", generator, "1"] + arguments), 64, file: generator, saying: "channels: found \(channels)")
    }
    #expect(names(in: folder.path) == [])
    #expect(try done(["sample", generator, "1", "--raw"]).output.count % channels == 0)
    try done(["sample", generator, "1", "-o", folder["a.safetensors"]])
  }

  /// Catches: a forced instruction set that is replaced in silence, or an error that does not say which there are.
  @Test(arguments: ["bogus", "neon", "armv7", "V3"]) func forcedInstructionSet(name: String) throws {
    for arguments in [
      ["sample", made.generator, "1", "--raw"], ["sample", made.checkpoint, "1", "--raw"], ["inspect", made.generator],
      ["train", made.recipe, "--data", made.set, "--outdir", folder["run"]],
      ["export", made.checkpoint, "-o", folder["g.thimble"]],
    ] {
      let outcome = try run(arguments, environment: ["THIMBLE_ISA": name])
      expectRefusal(outcome, 64, file: "THIMBLE_ISA", saying: "wanted one of portable")
      #expect(outcome.output.isEmpty && names(in: folder.path) == [])
    }
  }
}
