import Foundation
import Testing

/// A run that was stopped and resumed ends with the bytes of one that was not.
@Suite struct ResumeTests {
  let made = Made.shared
  let folder = Folder()

  private var resume: [String] { ["train", "--data", made.set, "--outdir", folder["run"], "--resume"] }

  private func begin(_ more: [String]) throws {
    try done(["train", made.recipe, "--data", made.set, "--outdir", folder["run"]] + more)
  }

  private func expectSameEnd(_ location: SourceLocation = #_sourceLocation) throws {
    let final = bytes(of: folder["run/checkpoint.safetensors"])
    #expect(final == bytes(of: made.checkpoint), sourceLocation: location)
    #expect(try metricsSteps(folder["run"]) == Array(1...12), sourceLocation: location)
    let grid = "/grids/step-0000012.png"
    #expect(bytes(of: folder["run"] + grid) == bytes(of: made.run + grid), sourceLocation: location)
  }

  /// Catches: anything that a checkpoint does not hold: moments, the place in the pass, the parity of the schedule.
  @Test(arguments: [1, 3, 4, 5, 7, 11]) func stopAndResume(steps: Int) throws {
    try begin(["--steps", "\(steps)", "--threads", "1"])
    try done(resume + ["--threads", "2"])
    try expectSameEnd()
    #expect(text(of: folder["run/log.txt"]).contains("resumed at step \(steps)"))
  }

  /// Catches: a finished run that cannot be trained longer, or other numbers after it was.
  @Test func morePasses() throws {
    let shorter = folder.write("shorter.json", Made.recipeText.replacing("\"passes\": 3", with: "\"passes\": 2"))
    try done(["train", shorter, "--data", made.set, "--outdir", folder["run"]])
    try done(["train", made.recipe, "--data", made.set, "--outdir", folder["run"], "--resume"])
    try expectSameEnd()
    let fewer = try run(["train", shorter, "--data", made.set, "--outdir", folder["run"], "--resume"])
    expectRefusal(fewer, 65, saying: "passes")
  }

  /// Catches: a run that cannot be made shorter although it is not over yet.
  @Test func fewerPasses() throws {
    let longer = folder.write("longer.json", Made.recipeText.replacing("\"passes\": 3", with: "\"passes\": 5"))
    try done(["train", longer, "--data", made.set, "--outdir", folder["run"], "--steps", "9"])
    try done(["train", made.recipe, "--data", made.set, "--outdir", folder["run"], "--resume"])
    try expectSameEnd()
  }

  /// Catches: a finished run that begins again, over its own results, since somebody made room in checkpoints/.
  @Test func continueFromTheLastOne() throws {
    let shorter = folder.write("shorter.json", Made.recipeText.replacing("\"passes\": 3", with: "\"passes\": 2"))
    try done(["train", shorter, "--data", made.set, "--outdir", folder["run"]])
    for name in names(in: folder["run/checkpoints"]) { unlink(folder["run/checkpoints/" + name]) }
    let outcome = try done(["train", made.recipe, "--data", made.set, "--outdir", folder["run"], "--resume"])
    #expect(outcome.errors.contains("continuing from \(folder["run"])/checkpoint.safetensors"))
    try expectSameEnd()
  }

  /// Catches: the same command with --resume, which the guide promises, refused for its --geometry.
  @Test func theSameCommandWithResume() throws {
    let words = [
      "train", "--geometry", "common", "--size", "16", "--widths", "8,4", "--batch", "4", "--data", made.set,
      "--outdir",
      folder["run"], "--steps", "2",
    ]
    try done(words)
    try done(words + ["--resume"])
    var other = words
    other[2] = "authors"
    expectRefusal(try run(other + ["--resume"]), 64, saying: "--geometry: found authors, wanted common")
  }

  /// Catches: a finished run that changes when it is resumed.
  @Test func resumeTheFinished() throws {
    try begin([])
    try done(resume)
    try expectSameEnd()
  }

  /// Catches: a broken newest checkpoint that stops the run or gets into it, and one that is passed over in silence.
  @Test func brokenNewest() throws {
    try begin(["--steps", "8", "--checkpoint-every", "2"])
    let newest = folder["run/checkpoints/step-0000008.safetensors"]
    let whole = bytes(of: newest)
    var flipped = whole
    flipped[whole.count / 2] ^= 16
    for broken in [
      Array(whole.dropLast(10)), [], flipped, bytes(of: folder["run/checkpoints/step-0000004.safetensors"]),
    ] {
      try Data(broken).write(to: URL(fileURLWithPath: newest))
      let outcome = try done(resume + ["--steps", "8", "--checkpoint-every", "4"])
      #expect(outcome.errors.contains("passing over a checkpoint: \(newest)"))
      #expect(outcome.errors.contains("resuming at step 6"))
      #expect(bytes(of: newest) == whole)
    }
    try done(resume)
    try expectSameEnd()
  }

  /// Catches: a run without a whole checkpoint that begins anew over the metrics and grids of the old one.
  @Test func allBroken() throws {
    try begin(["--steps", "6", "--checkpoint-every", "2"])
    #expect(names(in: folder["run/checkpoints"]).count == 3)
    for name in names(in: folder["run/checkpoints"]) { folder.write("run/checkpoints/" + name, "broken") }
    expectRefusal(try run(resume), 65, saying: "step-0000006")
    #expect(try metricsSteps(folder["run"]) == Array(1...6))
  }

  /// Catches: a run that goes on with another set, or with the set changed in place.
  @Test func anotherSet() throws {
    try begin(["--steps", "6"])
    let other = try Made.set(folder, "other", phase: 100)
    let arguments = ["train", "--data", other, "--outdir", folder["run"], "--resume"]
    expectRefusal(try run(arguments), 65, saying: "data_digest")
    let side = try Made.set(folder, "side", side: 28)
    expectRefusal(try run(["train", "--data", side, "--outdir", folder["run"], "--resume"]), 65, file: side)
    var changed = bytes(of: made.set)
    changed[changed.count - 1] ^= 128
    let path = folder.write("changed.safetensors", changed)
    expectRefusal(
      try run(["train", "--data", path, "--outdir", folder["run"], "--resume"]), 65, file: path, saying: "digest")
    #expect(try metricsSteps(folder["run"]) == Array(1...6))
    try done(resume)
    try expectSameEnd()
  }

  /// Catches: a run that goes on by another recipe than it began with.
  @Test func anotherRecipe() throws {
    try begin(["--steps", "6"])
    let recipe = text(of: folder["run/recipe.json"])
    expectRefusal(try run(resume + ["--batch", "8"]), 65, saying: "recipe")
    let other = folder.write("other.json", recipe.replacing("\"beta1\": 0.5", with: "\"beta1\": 0.25"))
    let arguments = ["train", other, "--data", made.set, "--outdir", folder["run"], "--resume"]
    expectRefusal(try run(arguments), 65, saying: "recipe")
    folder.write("run/recipe.json", "{")
    expectRefusal(try run(resume), 65, file: folder["run/recipe.json"])
    folder.write("run/recipe.json", recipe)
    try done(resume)
    try expectSameEnd()
  }
}
