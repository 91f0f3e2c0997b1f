import Foundation
import Testing

/// Generators that know classes, from a set with labels to the board, and what is refused of them.
@Suite(.withBoardSampler) struct ClassTests {
  static let trained = Trained()
  let made = Made.shared
  let folder = Folder()
  var generator: String { Self.trained.folder["generator.thimble"] }

  /// 48 images of 16x16 in three classes, a run of nine steps on them, and its generator.
  final class Trained: Sendable {
    nonisolated(unsafe) let folder = Folder()

    static let recipe = """
      {"geometry": "authors", "size": 16, "channels": 1, "latentLength": 5, "generatorWidths": [8, 4],
       "generatorHidden": [9], "discriminatorHidden": [7], "classes": 3, "output": "sigmoid", "batchNormAffine": false,
       "batchSize": 16, "passes": 3}
      """

    init() {
      folder.write("a-images-idx3-ubyte", Made.idxBytes(count: 48))
      folder.write("a-labels-idx1-ubyte", [0, 0, 8, 1, 0, 0, 0, 48] + (0..<48).map { UInt8($0 % 3) })
      folder.write("recipe.json", Self.recipe)
      for arguments in [
        ["dataset", "pack", folder["a-images-idx3-ubyte"], "-o", folder["set"], "--size", "16"],
        ["train", folder["recipe.json"], "--data", folder["set"], "--outdir", folder["run"]],
        ["export", folder["run/checkpoint.safetensors"], "-o", folder["generator.thimble"], "--calibrate", "16"],
      ] {
        let outcome = try! run(arguments)
        if outcome.status != 0 { fatalError("\(arguments): \(outcome.errors)") }
      }
    }
  }

  private func raw(_ arguments: [String]) throws -> [UInt8] {
    try done(["sample", generator, "--raw"] + arguments).output
  }

  /// Catches: a class that is not the seed's, or that changes nothing; samplers that differ.
  @Test func classOfSeeds() throws {
    let seeds = try raw(["4", "5", "6"])
    #expect(seeds.count == 3 * 256)
    #expect(try raw(["4", "--class", "1"]) + raw(["5", "--class", "2"]) + raw(["6", "--class", "0"]) == seeds)
    let others = try (0..<3).map { try raw(["4", "--class", "\($0)"]) }
    #expect(Set(others).count == 3)
    for arguments in [["0-8"], ["4", "--class", "2"], ["--walk", "1,2", "--class", "0", "--frames", "3"]] {
      #expect(try BoardSampler.done([generator, "--raw"] + arguments).output == raw(arguments))
    }
    // What a walk between classes passes is no class's own.
    let walk = try raw(["--walk", "4,5", "--frames", "2"])
    #expect(Array(walk[..<256]) == others[1] && walk[256..<512] != walk[512...])
  }

  /// A latent from outside tells its class itself.
  @Test func latentsTellTheirClass() throws {
    try done(["walk", generator, "--seeds", "4,5", "--frames", "2", "--outdir", folder["walk"]])
    let found = try raw(["--latents", folder["walk/latents.safetensors"]])
    #expect(found == (try raw(["--walk", "4,5", "--frames", "2"])))
  }

  @Test func goldenAndInspect() throws {
    try done(["golden", generator, "--seeds", "0-8", "-o", folder["golden.txt"]])
    try done(["verify", generator, folder["golden.txt"]])
    #expect(try BoardSampler.done([generator, "--verify", folder["golden.txt"]]).text.contains("9 images as in"))
    #expect(try done(["inspect", generator]).text.contains("3 classes"))
    #expect(try done(["inspect", Self.trained.folder["run/checkpoint.safetensors"]]).text.contains("3 classes"))
  }

  /// A set is its own nearest neighbour; a generator's samples are of the class of their seed. Catches: labels of other images, an
  /// image that is another's neighbour, the share that is right taken for the error.
  @Test func neighbours() throws {
    let trained = Self.trained.folder
    let own = try done(["neighbours", trained["set"], trained["set"]])
    #expect(own.text.hasPrefix("error 0.00 % ") && own.text.contains("nearest of 48 of"))
    try done(["sample", generator, "0-29", "--outdir", folder["images"]])
    let names = (0..<30).map { String(format: "seed%04d.png,%d", $0, ($0 + ($0 < 6 ? 1 : 0)) % 3) }
    folder.write("labels.csv", names.joined(separator: "\n"))
    try done(
      [
        "dataset", "pack", folder["images"], "-o", folder["samples"], "--size", "16", "--grey", "--labels",
        folder["labels.csv"],
      ])
    let found = try done(["neighbours", generator, folder["samples"], "--samples", "30"])
    #expect(found.text.hasPrefix("error 20.00 % "), "\(found.text)")

    expectRefusal(try run(["neighbours", made.generator, trained["set"]]), 65, file: made.generator, saying: "classes")
    expectRefusal(try run(["neighbours", generator, made.set]), 65, file: made.set, saying: "labels")
    expectRefusal(
      try run(["neighbours", generator, trained["set"], "--samples", "2"]), 65, file: trained["set"],
      saying: "found class 2")
    let small = try Made.set(folder, "small", side: 8)
    expectRefusal(try run(["neighbours", trained["set"], small]), 65, file: small, saying: "labels")
  }

  /// Catches: an index within a part taken for one within the set, or a later part that is not looked at.
  @Test func neighboursInSeveralParts() throws {
    func set(_ name: String, _ numbers: Range<Int>) throws -> String {
      let count = numbers.count
      let bigEndian = [UInt8(count >> 8), UInt8(count & 255)]
      var images: [UInt8] = [0, 0, 8, 3, 0, 0] + bigEndian + [0, 0, 0, 8, 0, 0, 0, 8]
      for n in numbers { images += (0..<64).map { UInt8((n * (2 * $0 + 1) * 40503) >> 8 & 255) } }
      let labels = [0, 0, 8, 1, 0, 0] + bigEndian + numbers.map { UInt8($0 % 3) }
      folder.write("\(name)-labels-idx1-ubyte", labels)
      let path = folder.write("\(name)-images-idx3-ubyte", images)
      try done(["dataset", "pack", path, "-o", folder[name], "--size", "8"])
      return folder[name]
    }
    let (all, last) = (try set("all", 0..<4106), try set("last", 4086..<4106))
    for queries in [last, all] {
      #expect(try done(["neighbours", all, queries]).text.hasPrefix("error 0.00 % "))
    }
  }

  /// Class numbers are not added up. Catches: a sum that is shown between classes, or in another one than was told.
  @Test func arithmetic() throws {
    folder.write("concepts/a.txt", "0 1 2")
    folder.write("concepts/b.txt", "4")
    let words = ["arithmetic", generator, "a - a + b", "--concepts", folder["concepts"], "--outdir", folder["sum"]]
    expectRefusal(try run(words), 64, saying: "wanted 0 to 2")
    expectRefusal(try run(words + ["--class", "3"]), 64, saying: "found 3")
    try done(words + ["--class", "2", "--save", folder["sum.safetensors"]])
    #expect(try raw(["--latents", folder["sum.safetensors"]]) == raw(["4", "--class", "2"]))
    let nine = try raw(["--latents", folder["sum/result.safetensors"]])
    #expect(try nine.count == 9 * 256 && Array(nine[(4 * 256)..<(5 * 256)]) == raw(["4", "--class", "2"]))
    // The control is in the class of the sum, and so is a concept's mean.
    try done(["sample", generator, "4", "4", "--class", "0", "--grid", "2x1", "-o", folder["both.png"]])
    for chosen in ["0", "2"] {
      let place = folder["of \(chosen)"]
      try done(
        ["arithmetic", generator, "b", "--concepts", folder["concepts"], "--outdir", place, "--class", chosen])
    }
    #expect(sameBytes(folder["of 0/pixels.png"], folder["both.png"]))
    #expect(!sameBytes(folder["of 0/concepts.png"], folder["of 2/concepts.png"]))
    try done(
      ["arithmetic", generator, "--along", folder["sum.safetensors"], "--seeds", "1,5", "-o", folder["along.png"]])
    try expectUsage(["arithmetic", generator, "--sheet", "0-3", "--class", "1", "-o", folder["sheet.png"]])
  }

  @Test func refusals() throws {
    expectRefusal(try run(["sample", generator, "4", "--class", "3", "--raw"]), 64, saying: "wanted 0 to 2")
    expectRefusal(try run(["sample", made.generator, "4", "--class", "0", "--raw"]), 64, saying: "has no classes")
    try expectUsage(["sample", generator, "--class", "0", "--latents", made.latents])
    try BoardSampler.expectRefused([generator, "--class", "3"], 64, saying: "wanted a class from 0 to 2")
    try BoardSampler.expectRefused([generator, "--class", "x"], 64, saying: "--class: found x")
    try BoardSampler.expectRefused(
      [generator, "--class", "1", "--latents", made.latents], 64, saying: "found --latents")

    let trained = Self.trained.folder
    let unlabelled = ["train", trained["recipe.json"], "--data", made.set, "--outdir", folder["run"]]
    expectRefusal(try run(unlabelled), 65, file: made.set, saying: "labels")
    let fewer = folder.write("two.json", Trained.recipe.replacingOccurrences(of: "s\": 3,", with: "s\": 2,"))
    let other = ["train", fewer, "--data", trained["set"], "--outdir", folder["run"]]
    expectRefusal(try run(other), 65, file: trained["set"], saying: "found class 2")
    let wide = folder.write("wide.json", "{\"size\": 64, \"generatorWidths\": [4], \"generatorHidden\": [3]}")
    expectRefusal(try run(["train", wide, "--dry-run"]), 65, file: wide, saying: "generatorHidden")
    let checkpoint = trained["run/checkpoint.safetensors"]
    for command in [["filters", "--outdir"], ["features", "-o"]] {
      let outcome = try run([command[0], checkpoint, "--data", trained["set"], command[1], folder["new"]])
      expectRefusal(outcome, 65, file: checkpoint, saying: "classes")
    }
    // What these would write, nothing could read.
    folder.write("boxes.csv", (0..<10).map { "\($0),4,4,12,12\n" }.joined())
    for command in [["import"], ["forget", "--boxes", folder["boxes.csv"]]] {
      let outcome = try run([command[0], checkpoint, "-o", folder["new"]] + command.dropFirst())
      expectRefusal(outcome, 65, file: folder["new"], saying: "recipe")
    }
    #expect(!exists(folder["new"]) && !exists(folder["run/checkpoint.safetensors"]))
  }
}
