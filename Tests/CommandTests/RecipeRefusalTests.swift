import Foundation
import Testing

/// Bad recipes and options of `train`.
@Suite struct RecipeRefusalTests {
  let made = Made.shared
  let folder = Folder()

  private func train(_ recipe: String, _ more: [String] = []) throws -> Outcome {
    let outcome = try run(["train", recipe, "--data", made.set, "--outdir", folder["run"]] + more)
    #expect(!exists(folder["run"]))
    return outcome
  }

  /// Catches: a recipe that is read although it is none.
  @Test func badFiles() throws {
    expectRefusal(try train(folder["none.json"]), 66, file: folder["none.json"])
    expectRefusal(try train(folder.path), 65, file: folder.path)
    for (name, bytes) in [
      ("empty", []), ("cut", Array(Made.recipeText.utf8.dropLast(3))), ("list", Array("[1]".utf8)),
      ("foreign", bytes(of: made.set)), ("oversized", [UInt8](repeating: 32, count: 1 << 20) + Array("{}".utf8)),
    ] {
      let path = folder.write(name, bytes)
      expectRefusal(try train(path), 65, file: path)
    }
  }

  /// Catches: an unknown field, a wrong type or an impossible value that passes, or whose message names another field.
  @Test(arguments: [
    ("learningrate", "0.1"), ("size", "\"16\""), ("size", "true"), ("size", "17"), ("size", "16.5"), ("size", "-16"),
    ("channels", "2"), ("channels", "null"), ("latentLength", "0"), ("latentLength", "1e9"),
    ("latentDistribution", "\"gauss\""), ("geometry", "\"dcgan\""), ("geometry", "5"), ("generatorWidths", "[]"),
    ("generatorWidths", "[8, 8, 8, 8, 8, 8, 8]"), ("generatorWidths", "[0]"), ("generatorWidths", "16"),
    ("discriminatorWidths", "[\"8\"]"), ("discriminatorWidths", "[100000]"), ("firstLayerStatistics", "\"none\""),
    ("batchNormEpsilon", "0"), ("leakySlope", "1"), ("weightDeviation", "-1"), ("schedule", "\"never\""),
    ("batchSize", "1"), ("batchSize", "1e300"), ("learningRate", "\"fast\""), ("learningRate", "0"), ("beta1", "1"),
    ("beta2", "-0.1"), ("adamEpsilon", "0"), ("weightDecay", "2"), ("passes", "0"), ("seed", "-1"), ("seed", "0.5"),
  ])
  func badField(name: String, value: String) throws {
    let path = folder.write("recipe.json", "{\"\(name)\": \(value)}")
    expectRefusal(try train(path), 65, file: path, saying: ": \(name): found ")
    expectRefusal(try run(["train", path, "--dry-run"]), 65, file: path, saying: ": \(name): found ")
  }

  /// Catches: options that are taken although no network can be built from them, or that are corrected in silence.
  @Test(arguments: [
    ["--size", "20"], ["--widths", "8,x"], ["--widths", ""], ["--widths", "8,8,8,8,8,8"], ["--batch", "0"],
    ["--batch", "1000000"], ["--passes", "0"],
  ])
  func badOptionValue(options: [String]) throws {
    expectRefusal(try train(made.recipe, options), 64, file: "options")
  }

  /// Catches: usage errors that do not end with 64.
  @Test(arguments: [
    ["--steps", "0"], ["--steps", "x"], ["--checkpoint-every", "0"], ["--grid-every", "0"], ["--keep-every", "0"],
    ["--threads", "0"], ["--threads", "5000"], ["--geometry", "common"], ["--seed=-1"], ["--nonsense"], ["extra"],
    ["--resume", "--geometry", "common"],
  ])
  func usage(options: [String]) throws {
    try expectUsage(["train", made.recipe, "--data", made.set, "--outdir", folder["run"]] + options)
    #expect(!exists(folder["run"]))
  }

  /// Catches: a run without a set or a folder.
  @Test func missingOptions() throws {
    try expectUsage(["train", made.recipe, "--outdir", folder["run"]])
    try expectUsage(["train", made.recipe, "--data", made.set])
    try expectUsage(["train", "--data", made.set, "--resume"])
  }

  /// Catches: a set that does not fit the recipe and is trained on, or blamed on the recipe.
  @Test func setOfAnotherShape() throws {
    for (name, count, side) in [("side", 64, 28), ("few", 8, 16)] {
      let set = try Made.set(folder, name, count: count, side: side)
      let outcome = try run(["train", made.recipe, "--data", set, "--outdir", folder["run"]])
      expectRefusal(outcome, 65, file: set, saying: "images")
      expectRefusal(try run(["train", made.recipe, "--data", set, "--dry-run"]), 65, file: set, saying: "images")
    }
    let odd = try Made.set(folder, "odd", side: 20)
    expectRefusal(
      try run(["train", "--data", odd, "--outdir", folder["run"]]), 65, file: odd, saying: "size: found 20")
    #expect(!exists(folder["run"]))
  }

  /// Catches: a dry run that trains or writes, or that says nothing of networks, memory and time.
  @Test func dryRun() throws {
    let text = try done(["train", made.recipe, "--data", made.set, "--dry-run", "--outdir", folder["run"]]).text
    for word in ["generator", "discriminator", "memory", "time", "12 steps"] { #expect(text.contains(word)) }
    #expect(!exists(folder["run"]))
  }

  /// Catches: a printed recipe that is not the one given, lacks fields, or is not taken as a recipe.
  @Test func printRecipe() throws {
    let text = try done(["train", made.recipe, "--print-recipe"]).text
    for field in ["\"seed\"", "\"generatorAverage\": 0.0", "\"loss\": \"nonSaturating\""] {
      #expect(text.contains(field))
    }
    let printed = folder.write("printed.json", text)
    #expect(try done(["train", printed, "--print-recipe"]).text == text)
    #expect(try done(["train", printed, "--dry-run"]).text == done(["train", made.recipe, "--dry-run"]).text)
  }

  /// Catches: one of two values that is taken in silence.
  @Test func fieldsThatStandTwice() throws {
    let recipe = folder.write("recipe.json", "{\"seed\": 1, \"batchSize\": 16,\n \"seed\": 2}")
    expectRefusal(try train(recipe), 65, file: recipe, saying: ": seed: found two values, wanted one")
    try FileManager.default.createDirectory(atPath: folder["shipped"], withIntermediateDirectories: true)
    folder.write("shipped/recipe.json", Made.recipeText)
    let provenance = folder.write(
      "shipped/provenance.json", "{\"format\": \"a\", \"data\": {\"name\": \"a\", \"name\": \"b\"}}")
    expectRefusal(
      try run(["reproduce", folder["shipped"], "--outdir", folder["run"]]), 65, file: provenance,
      saying: ": name: found two values, wanted one")
  }

  /// Catches: a fault whose place nobody finds, and a mark of an editor's that is taken for one.
  @Test func placeOfTheFault() throws {
    let recipe = folder.write("recipe.json", "{\n  \"seed\": 1\n  \"size\": 16\n}")
    expectRefusal(try train(recipe), 65, file: recipe, saying: ": line 3, column 3: found ")
    let marked = folder.write("marked.json", [0xEF, 0xBB, 0xBF] + Array(Made.recipeText.utf8))
    #expect(try done(["train", marked, "--print-recipe"]).text == done(["train", made.recipe, "--print-recipe"]).text)
  }

  /// Catches: a printed recipe whose training is another one, and options that it leaves out without a word.
  @Test func printedRecipeTrainsTheSame() throws {
    let options = ["--geometry", "common", "--widths", "8,4", "--batch", "8", "--seed", "5", "--passes", "2"]
    let printed = try done(["train", "--data", made.set, "--print-recipe"] + options)
    #expect(printed.errors.isEmpty)
    for field in ["\"size\": 16", "\"channels\": 1", "\"passes\": 2", "\"mirrored\": false", "\"classes\": 0"] {
      #expect(printed.text.contains(field))
    }
    try done(["train", folder.write("printed.json", printed.text), "--data", made.set, "--outdir", folder["from"]])
    try done(["train", "--data", made.set, "--outdir", folder["options"]] + options)
    #expect(sameBytes(folder["from/checkpoint.safetensors"], folder["options/checkpoint.safetensors"]))
    #expect(sameBytes(folder["from/recipe.json"], folder["options/recipe.json"]))
    let steps = try done(["train", made.recipe, "--steps", "7", "--print-recipe"])
    #expect(steps.errors.contains("--steps is no field of a recipe: give --steps 7 again"))
  }

  /// Catches: a dry run that leaves out fields with their defaults, or that tells of passes where steps are given.
  @Test func dryRunShowsAllFields() throws {
    let dry = ["train", made.recipe, "--data", made.set, "--dry-run"]
    let (whole, steps) = (try done(dry), try done(dry + ["--steps", "7"]))
    let recipe = try done(["train", made.recipe, "--print-recipe"]).text
    #expect(whole.text.contains(recipe))
    let lines = recipe.split(separator: "\n")
    for line in lines { #expect(steps.text.contains(line) == !line.contains("passes"), "\(line)") }
    #expect(steps.text.contains("7, as --steps says") && steps.text.contains("7 steps at"))
    // And what will not be enough.
    for outcome in [whole, steps] { #expect(outcome.errors.contains("warning: 64 images are few")) }
    #expect(whole.errors.contains("warning: 12 steps are few"))
  }
}
