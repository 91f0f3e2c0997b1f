import Foundation
import Testing
import ThimbleStorage

/// What a run leaves in its folder, and which folders it takes.
@Suite struct RunFolderTests {
  let made = Made.shared
  let folder = Folder()

  private func train(_ more: [String]) throws {
    try done(["train", made.recipe, "--data", made.set, "--outdir", folder["run"]] + more)
  }

  /// Catches: a recipe that is not the resolved one: it must hold every field and make the same run.
  @Test func recipe() throws {
    let json = try JSONSerialization.jsonObject(with: Data(bytes(of: made.run + "/recipe.json"))) as? [String: Any]
    let fields = try #require(json)
    #expect(fields.count == 20)
    #expect(fields["batchSize"] as? Int == 16 && fields["discriminatorWidths"] as? [Int] == [8, 16])
    try done(["train", made.run + "/recipe.json", "--data", made.set, "--outdir", folder["again"]])
    #expect(bytes(of: folder["again/checkpoint.safetensors"]) == bytes(of: made.checkpoint))
    #expect(bytes(of: folder["again/recipe.json"]) == bytes(of: made.run + "/recipe.json"))
  }

  /// Catches: options that do not get into the recipe of the run.
  @Test func recipeFromOptions() throws {
    try done([
      "train", "--data", made.set, "--outdir", folder["run"], "--geometry", "common", "--widths", "8,4", "--batch", "8",
      "--seed", "5", "--steps", "3",
    ])
    let recipe = text(of: folder["run/recipe.json"])
    for line in [
      "\"geometry\": \"common\"", "\"generatorWidths\": [8, 4]", "\"discriminatorWidths\": [4, 8]", "\"batchSize\": 8",
      "\"seed\": 5", "\"size\": 16", "\"channels\": 1",
    ] { #expect(recipe.contains(line)) }
  }

  /// Catches: a step without its line, a line twice, or one that is no JSON.
  @Test func metricsAndLog() throws {
    #expect(try metricsSteps(made.run) == Array(1...12))
    let log = text(of: made.run + "/log.txt").split(separator: "\n")
    #expect(log.count == 2 && log[0].hasSuffix("begun: stripes, 12 steps") && log[1].hasSuffix("finished at step 12"))
  }

  /// Catches: grids at other steps, or checkpoints that are kept too long or removed too early: the last three, every Nth, and
  /// that of the first pass (here step 4) stay.
  @Test func gridsAndCheckpoints() throws {
    try train(["--steps", "30", "--checkpoint-every", "2", "--keep-every", "10", "--grid-every", "7"])
    #expect(kept == [4, 10, 20, 26, 28, 30])
    #expect(names(in: folder["run/grids"]) == [0, 7, 14, 21, 28, 30].map { "step-\(digits($0)).png" })
    #expect(
      names(in: folder["run"]) == [
        "checkpoint.safetensors", "checkpoints", "grids", "log.txt", "metrics.jsonl", "recipe.json", "report.html",
      ])
    for name in names(in: folder["run/checkpoints"]) {
      let file = try SafetensorsFile(path: folder["run/checkpoints/" + name])
      #expect(file.metadata["step"].map { "step-\(digits(Int($0) ?? 0)).safetensors" } == name)
    }
  }

  /// Catches: a checkpoint of the first pass that is missing where the others come more seldom.
  @Test func checkpointOfTheFirstPass() throws {
    try train(["--steps", "30", "--checkpoint-every", "10"])
    #expect(kept == [4, 10, 20, 30])
  }

  private var kept: [Int] {
    names(in: folder["run/checkpoints"]).compactMap { Int($0.dropFirst(5).dropLast(12)) }
  }

  private func digits(_ step: Int) -> String { String("000000\(step)".suffix(7)) }

  /// Catches: a run that overwrites another, or that is resumed where there is none.
  @Test func foldersThatDoNotDo() throws {
    let before = bytes(of: made.run + "/log.txt")
    let train = ["train", made.recipe, "--data", made.set, "--outdir"]
    expectRefusal(try run(train + [made.run]), 73, file: made.run, saying: "found a run")
    #expect(bytes(of: made.run + "/log.txt") == before)
    expectRefusal(
      try run(train + [folder["none"], "--resume"]), 66, file: folder["none/recipe.json"], saying: "no run")
    expectRefusal(try run(["train", "--data", made.set, "--outdir", folder["none"], "--resume"]), 66)
    #expect(!exists(folder["none"]))
  }
}

/// The steps of a run's metrics, in the order of the lines; each must be JSON with numbers.
func metricsSteps(_ run: String) throws -> [Int] {
  try text(of: run + "/metrics.jsonl").split(separator: "\n").map { line in
    let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Double]
    return Int(try #require(object?["step"]))
  }
}
