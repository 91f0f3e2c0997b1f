import Foundation
import Testing

/// What a library that is loaded into the program leaves of the processor's floating-point mode must not show.
@Suite struct FloatModeTests {
  let made = Made.shared
  let folder = Folder()

  /// Sums of products of small numbers: where those are taken for zero, the first steps differ already.
  private static let recipe = """
    {"geometry": "authors", "size": 16, "channels": 1, "generatorWidths": [16, 8], "batchSize": 16, "passes": 3,
     "weightDeviation": 1e-12}
    """

  private static let modes = [
    "", Preloaded.smallNumbersAreZero, Preloaded.rounding("FE_UPWARD"), Preloaded.rounding("FE_DOWNWARD"),
    Preloaded.rounding("FE_TOWARDZERO"),
  ]

  /// What training, export and sampling leave in a folder.
  private func results(_ environment: [String: String], _ name: String) throws -> [String] {
    let recipe = folder.write("recipe.json", Self.recipe)
    let run = folder["run-\(name)"]
    // A thread of its own, too.
    let threads = ["--threads", "2", "--even-beyond-processors"]
    try done(
      ["train", recipe, "--data", made.set, "--outdir", run, "--steps", "6"] + threads, environment: environment)
    let (small, generator) = (run + "/checkpoint.safetensors", folder["\(name).thimble"])
    // Of a run with numbers of usual size.
    try done(["export", made.checkpoint, "-o", generator, "--calibrate", "16"] + threads, environment: environment)
    let (float, latents) = (folder["\(name).safetensors"], folder["\(name)-latents.safetensors"])
    try done(["sample", made.checkpoint, "0-3", "-o", float] + threads, environment: environment)
    try done(["sample", generator, "--latents", made.latents, "-o", latents] + threads, environment: environment)
    return [small, generator, float, latents]
  }

  /// Catches: weights, roundings, ranges or images that follow a mode which the program has inherited.
  @Test func inheritedModes() throws {
    let wanted = try results([:], "plain")
    for (number, mode) in Self.modes.enumerated() {
      let environment = try Preloaded.environment(mode, in: folder, name: "mode\(number)")
      for (found, wanted) in zip(try results(environment, "\(number)"), wanted) {
        #expect(sameBytes(found, wanted), "\(mode): \(found)")
      }
    }
  }

  /// Catches: the recorded digests of a recipe that are not reached under another rounding, and its own digest, since a recipe's numbers
  /// are read under it.
  @Test func recordedDigests() throws {
    let environment = try Preloaded.environment(Preloaded.rounding("FE_UPWARD"), in: folder)
    let outcome = try run(
      ["reproduce", Program.fixtures + "/reproduce/common", "--outdir", folder["run"]], environment: environment)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.text.hasSuffix("common: reproduced\n"))
  }
}
