import Foundation
import Testing
import ThimbleData
import ThimbleStorage

/// The way from images to pixels of a shipped generator, each step through the command.
@Suite struct ThinLineTests {
  let made = Made.shared
  let folder = Folder()

  /// Catches: a set that is not what went in.
  @Test func packKeepsPixels() throws {
    let set = try Dataset(path: made.set)
    let shape: [Int] = [set.count, set.height, set.width, set.channels]
    #expect(shape == [64, 16, 16, 1])
    #expect(try imagePixels(made.set) == Array(Made.idxBytes()[16...]))
    let info = try done(["dataset", "info", made.set])
    #expect(info.text.contains("stripes") && info.text.contains("CC0") && info.text.contains(set.digest))
    try done(["dataset", "sheet", made.set, "-o", folder["sheet.png"], "--grid", "4x4"])
    #expect(try pngSize(folder["sheet.png"]) == [4 * 34 + 2, 4 * 34 + 2])
  }

  /// Catches: a format whose pixels differ from the raw ones, a wrong header, a wrong order of images.
  @Test func formatsHoldTheSamePixels() throws {
    let pixels = try done(["sample", made.generator, "3", "5-6", "--raw"]).output
    #expect(pixels.count == 3 * 256)
    try done(["sample", made.generator, "--seeds", "3,5-6", "-o", folder["all.raw"]])
    #expect(bytes(of: folder["all.raw"]) == pixels)
    try done(["sample", made.generator, "3,5-6", "-o", folder["all.ppm"]])
    let images = (0..<3).map { Array(pixels[($0 * 256)..<($0 * 256 + 256)]) }
    let header = Array("P5\n16 16\n255\n".utf8)
    let maps: [UInt8] = images.flatMap { header + $0 }
    #expect(bytes(of: folder["all.ppm"]) == maps)
    try done(["sample", made.generator, "3,5-6", "-o", folder["all.y4m"]])
    let frame = Array("FRAME\n".utf8)
    let frames: [UInt8] = images.flatMap { frame + $0 }
    #expect(bytes(of: folder["all.y4m"]) == Array("YUV4MPEG2 W16 H16 F10:1 Ip A1:1 Cmono\n".utf8) + frames)
    try done(["sample", made.generator, "3,5-6", "-o", folder["all.safetensors"]])
    let tensor = try SafetensorsFile(path: folder["all.safetensors"]).tensor("images", .f32, shape: [3, 1, 16, 16])
    #expect(tensor.floats() == pixels.map { Float($0) / 127.5 - 1 })
  }

  /// Catches: a PNG that other readers take for other pixels, and names of files that do not sort.
  @Test func folderOfImages() throws {
    try done(["sample", made.generator, "85", "7", "12345", "--outdir", folder["out/deep"]])
    #expect(names(in: folder["out/deep"]) == ["seed0007.png", "seed0085.png", "seed12345.png"])
    #expect(bytes(of: folder["out/deep/seed0085.png"]).starts(with: [0x89, 0x50, 0x4E, 0x47]))
    try done(["dataset", "pack", folder["out/deep/seed0085.png"], "-o", folder["back"], "--size", "16", "--grey"])
    let pixels = try done(["sample", made.generator, "85", "--raw"]).output
    #expect(try imagePixels(folder["back"]) == pixels)
  }

  /// Catches: a grid of another size than was asked for, or of other seeds than the first.
  @Test func grid() throws {
    try done(["sample", made.generator, "--grid", "4x2", "-o", folder["grid.png"]])
    #expect(try pngSize(folder["grid.png"]) == [4 * 34 + 2, 2 * 34 + 2])
    try done(["sample", made.generator, "0-7", "--grid", "4x2", "-o", folder["same.png"]])
    #expect(bytes(of: folder["grid.png"]) == bytes(of: folder["same.png"]))
  }

  /// Catches: a golden file that is not of the raw pixels; a verification that accepts others.
  @Test func goldenAndVerify() throws {
    let lines = text(of: made.golden).split(separator: "\n")
    #expect(lines.count == 8)
    for seed in 0..<8 {
      let pixels = try done(["sample", made.generator, "\(seed)", "--raw"]).output
      #expect(lines[seed] == "\(try sha256(pixels))  \(seed)")
    }
    #expect(try done(["verify", made.generator, made.golden]).text.contains("8 images"))
    let wrong = folder.write(
      "wrong.txt", text(of: made.golden).replacing(lines[4].prefix(64), with: lines[5].prefix(64)))
    expectRefusal(try run(["verify", made.generator, wrong]), 65, file: made.generator, saying: "pixels of seed 4")
  }

  /// Catches: an inspection of either kind that fails or leaves out layers, memory, licence or digest of the data.
  @Test func inspectBothKinds() throws {
    let digest = try Dataset(path: made.set).digest
    let exported = try done(["inspect", made.generator]).text
    for word in ["16x16", "dense", "deconv", "arena", "CC0", digest, "uniform"] { #expect(exported.contains(word)) }
    let checkpoint = try done(["inspect", made.checkpoint]).text
    for word in ["16x16", "generator.project.weight", "frozen", "CC0", digest] { #expect(checkpoint.contains(word)) }
  }

  /// Catches: a checkpoint that cannot be sampled, or whose images are not those of the exported generator but for rounding.
  @Test func checkpointAndExportAgree() throws {
    let exact = try done(["sample", made.generator, "0-15", "--raw"]).output
    let float = try done(["sample", made.checkpoint, "0-15", "--raw"]).output
    #expect(exact.count == float.count)
    let differences = zip(exact, float).map { abs(Int($0) - Int($1)) }
    #expect(Double(differences.reduce(0, +)) / Double(exact.count) < 2)
  }

  /// Catches: an import that loses weights, statistics or the way on to export and sample.
  @Test(arguments: ["torch_example", "peers_layout"])
  func importedGenerators(name: String) throws {
    let source = "\(Program.fixtures)/import/\(name)"
    try done(["import", source + ".safetensors", "-o", folder["made.safetensors"]])
    let expected = try SafetensorsFile(path: source + "_expected.safetensors")
    let wanted = try expected.tensor("images", .f32)
    // Only the first 13 bits of latents go in: they are rounded to Q3.12.
    let latents = try expected.tensor("latents", .f32)
    let path = folder.write("latents.f32", raw(latents.floats()))
    try done(["sample", folder["made.safetensors"], "--latents", path, "-o", folder["images.safetensors"]])
    let found = try SafetensorsFile(path: folder["images.safetensors"]).tensor("images", .f32)
    #expect(found.shape == wanted.shape)
    let largest = zip(found.floats(), wanted.floats()).map { abs($0 - $1) }.max() ?? 2
    #expect(largest < 0.02)
    try done(["inspect", folder["made.safetensors"]])
    try done(["export", folder["made.safetensors"], "-o", folder["made.thimble"], "--calibrate", "16"])
    try done(["sample", folder["made.thimble"], "1", "-o", folder["one.png"]])
  }

  /// The pixels of all images of a set.
  private func imagePixels(_ path: String) throws -> [UInt8] {
    let set = try Dataset(path: path)
    return withExtendedLifetime(set) { (0..<set.count).flatMap { [UInt8](set.image($0)) } }
  }

  private func pngSize(_ path: String) throws -> [Int] {
    let header = bytes(of: path)
    try #require(header.count > 24)
    return [16, 20].map { at in header[at..<(at + 4)].reduce(0) { $0 << 8 | Int($1) } }
  }
}
