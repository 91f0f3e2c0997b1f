import Foundation
import Testing

/// The studies as a user runs them, on networks of a few steps, and what they refuse.
@Suite struct StudyTests {
  let made = Made.shared
  let folder = Folder()

  /// Catches: a film whose frames are not those of the sampler, latents that make others, or a picture that is missing.
  @Test func walk() throws {
    try done(["walk", made.generator, "--seeds", "1,2,3", "--frames", "4", "--outdir", folder["walk"]])
    #expect(
      names(in: folder["walk"])
        == ["grid.png", "latents.safetensors", "strip-1-2.png", "strip-2-3.png", "walk.png", "walk.y4m"])
    for source in [["--walk", "1,2,3", "--frames", "4"], ["--latents", folder["walk/latents.safetensors"]]] {
      try done(["sample", made.generator, "-o", folder["film.y4m"]] + source)
      #expect(sameBytes(folder["film.y4m"], folder["walk/walk.y4m"]))
    }
    try done(["walk", made.generator, "--seeds", "1,2", "--spherical", "--loop", "--outdir", folder["round"]])
    #expect(exists(folder["round/strip-2-1.png"]))
    #expect(try run(["walk", made.generator, "--seeds", "1", "--outdir", folder["x"]]).status == 64)
  }

  /// a - a + b is the mean of b alone, whatever a is. Catches: concepts mixed up on the way to the pictures.
  @Test func arithmetic() throws {
    folder.write("concepts/a.txt", "# some\n1, 2\n3-5\n")
    folder.write("concepts/b.txt", "6 7 8")
    let concepts = ["--concepts", folder["concepts"]]
    for (sum, place) in [("a - a + b", "first"), ("b", "second")] {
      let outcome = try done(["arithmetic", made.generator, sum, "--outdir", folder[place]] + concepts)
      #expect(!outcome.errors.contains("unstable"))
    }
    for name in ["result.png", "result.safetensors"] {
      #expect(sameBytes(folder["first/\(name)"], folder["second/\(name)"]))
    }
    folder.write("concepts/one.txt", "6")
    let outcome = try done(
      ["arithmetic", made.generator, "a - one", "--outdir", folder["sum"], "--save", folder["d.safetensors"]] + concepts
    )
    #expect(outcome.errors.contains("one: 1 seed; single samples are unstable"))
    try done(
      ["arithmetic", made.generator, "--along", folder["d.safetensors"], "--seeds", "1,2", "-o", folder["along.png"]])
    try done(["arithmetic", made.generator, "--sheet", "0-9", "-o", folder["sheet.png"]])
    #expect(exists(folder["along.png"]) && exists(folder["sheet.png"]))
  }

  @Test func arithmeticRefusals() throws {
    folder.write("concepts/empty.txt", "# nobody\n")
    folder.write("concepts/words.txt", "1, two")
    let concepts = ["--concepts", folder["concepts"], "--outdir", folder["sum"]]
    for (sum, status, file) in [
      ("missing", 66, "missing"), ("empty", 65, "empty"), ("words + words", 65, "words"), ("a - - b", 64, nil),
    ] as [(String, Int32, String?)] {
      let outcome = try run(["arithmetic", made.generator, sum] + concepts)
      expectRefusal(outcome, status, file: file.map { folder["concepts/\($0).txt"] })
    }
    #expect(!exists(folder["sum"]))
    let whole = bytes(of: made.generator)
    let outcome = try run(["arithmetic", made.generator, "--sheet", "0-3", "-o", made.generator])
    expectRefusal(outcome, 64, file: made.generator)
    #expect(bytes(of: made.generator) == whole)
  }

  /// Catches: a forgetful checkpoint that does not export, or that makes the same pictures.
  @Test func forget() throws {
    folder.write("boxes.csv", (0..<10).map { "\($0),4,4,12,12\n" }.joined())
    let (boxes, output) = (["--boxes", folder["boxes.csv"]], folder["forgetful.safetensors"])
    let outcome = try done(
      ["forget", made.checkpoint, "-o", output, "--penalty", "0", "--compare", folder["compare.png"]] + boxes)
    #expect(outcome.text.contains("maps dropped") && exists(folder["compare.png"]))
    try done(["export", output, "-o", folder["forgetful.thimble"], "--calibrate", "16"])
    for (source, name) in [(folder["forgetful.thimble"], "a.raw"), (made.generator, "b.raw")] {
      try done(["sample", source, "0-3", "-o", folder[name]])
    }
    #expect(!sameBytes(folder["a.raw"], folder["b.raw"]))
    try done(["forget", made.checkpoint, "--sheet", "0-7", "-o", folder["sheet.png"]])
    try expectUsage(["forget", made.checkpoint, "-o", output, "--compare", output] + boxes)
  }

  @Test(arguments: ["", "0,4,4,12,17", "0,4,4,4,12", "0,1,1,2,2\n1,1,1,2,2"]) func forgetRefusals(text: String) throws {
    let boxes = folder.write("boxes.csv", text)
    let outcome = try run(["forget", made.checkpoint, "--boxes", boxes, "-o", folder["out"]])
    expectRefusal(outcome, 65, file: boxes)
    let exported = try run(["forget", made.generator, "--boxes", boxes, "-o", folder["out"]])
    expectRefusal(exported, 65, file: made.generator)
    #expect(!exists(folder["out"]))
  }

  /// Catches: filters of a file without a discriminator, or of another set's size.
  @Test func filters() throws {
    try done(["filters", made.checkpoint, "--data", made.set, "--images", "--outdir", folder["filters"]])
    #expect(names(in: folder["filters"]) == ["images.png", "random.png", "trained.png"])
    #expect(!sameBytes(folder["filters/random.png"], folder["filters/trained.png"]))
    folder.write("boxes.csv", (0..<10).map { "\($0),4,4,12,12\n" }.joined())
    try done(["forget", made.checkpoint, "-o", folder["g"], "--penalty", "0", "--boxes", folder["boxes.csv"]])
    for file in [folder["g"], made.generator, made.set] {
      expectRefusal(try run(["filters", file, "--data", made.set, "--outdir", folder["x"]]), 65, file: file)
    }
    let other = try Made.set(folder, "other", side: 28)
    expectRefusal(try run(["filters", made.checkpoint, "--data", other, "--outdir", folder["x"]]), 65, file: other)
    #expect(!exists(folder["x"]))
  }

  /// Catches: a set's own images that are not taken for copies, or a generator that is.
  @Test func memoriseAndMeasure() throws {
    let images = folder.write("images.safetensors", safetensors("images", [64, 1, 16, 16], ownImages()))
    let sources = [made.generator, images]
    let found = try done(
      ["memorise"] + sources + ["--data", made.set, "--samples", "64", "-o", folder["near.png"]]
    ).text.split(separator: "\n").filter { $0.hasPrefix("pixels") }.map { $0.split(separator: " ") }
    #expect(exists(folder["near.png"]) && found.count == 2)
    #expect(found.first?.contains("64") == false)
    #expect(found.last?[1] == "0.000" && found.last?.contains("64") == true)
    let measured = try done(["measure"] + sources + ["--data", made.set, "--samples", "64"]).text
    let distances = measured.split(separator: "\n").dropFirst(2).map { Double($0.split(separator: " ")[0])! }
    #expect(distances.count == 2 && distances[1] < 1e-6 && distances[0] > 0.01)
    for command in ["memorise", "measure"] {
      let few = folder.write("few.safetensors", safetensors("images", [2, 1, 16, 16], Array(ownImages().prefix(512))))
      expectRefusal(try run([command, few, "--data", made.set]), 65, file: few)
      var broken = ownImages()
      broken[700] = .nan
      let nan = folder.write("nan.safetensors", safetensors("images", [64, 1, 16, 16], broken))
      expectRefusal(try run([command, nan, "--data", made.set]), 65, file: nan, saying: "700")
      let other = try Made.set(folder, "other", side: 28)
      expectRefusal(try run([command, made.generator, "--data", other]), 65, file: made.generator)
    }
  }

  /// The images of the set, in [-1, 1].
  private func ownImages() -> [Float] { Made.idxBytes().dropFirst(16).map { Float($0) / 127.5 - 1 } }

  /// A set joined with itself: each image is there twice. Catches: duplicates that stay, or labels and terms that get lost.
  @Test func dedup() throws {
    let copy = folder.write("copy", bytes(of: made.idx))
    try done(["dataset", "pack", made.idx, copy, "-o", folder["twice"], "--size", "16", "--licence", "CC0"])
    let outcome = try done(
      ["dataset", "dedup", folder["twice"], "-o", folder["once"], "--steps", "20", "--pairs", folder["pairs.txt"]])
    #expect(outcome.text.contains("of 128 images"))
    let pairs = text(of: folder["pairs.txt"]).split(separator: "\n").map { $0.split(separator: ",").map { Int($0)! } }
    #expect(Set((64..<128)).isSubset(of: Set(pairs.map { $0[1] })))
    #expect(try done(["dataset", "info", folder["once"]]).text.contains("CC0"))
    expectRefusal(
      try run(["dataset", "dedup", folder["twice"], "-o", folder["x"], "--sheet", folder["twice"]]), 64,
      file: folder["twice"])
  }
}
