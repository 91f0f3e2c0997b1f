import Foundation
import Testing

/// A run that is killed fifty times, at random moments from its start on, and goes on each time.
@Suite struct FiftyKillsTests {
  let made = Made.shared
  let folder = Folder()
  static let kills = 50
  static let seed: UInt64 = 2026

  /// A step takes a fraction of a millisecond, a checkpoint some: most of the time goes into writing them.
  static let recipe = """
    {"size": 16, "channels": 1, "latentLength": 4, "generatorWidths": [2, 2], "batchSize": 4, "passes": 100000}
    """

  private func train(_ arguments: [String], to place: String = "run") throws -> Running {
    try Running(
      Program.path, ["train", "--data", made.set, "--outdir", folder[place], "--grid-every", "25"] + arguments)
  }

  private var newest: Int {
    names(in: folder["run/checkpoints"]).compactMap {
      $0.hasSuffix(".safetensors") ? Int($0.dropFirst(5).dropLast(12)) : nil
    }
    .max() ?? 0
  }

  /// Catches: a moment at which a sudden end leaves something that the run cannot go on from, that it goes on from wrongly, or
  /// that it calls broken. A checkpoint is written after each step, so that many ends fall into one: those that left a file
  /// without its name are counted. How long the run lives is drawn from 0 to 300 ms; twice as long after five lives that came
  /// no further, as on a machine with other work.
  @Test func fiftyKills() throws {
    let recipe = folder.write("recipe.json", Self.recipe)
    var random = SeededNumbers(state: Self.seed)
    var (range, idle, unfinished) = (300_000, 0, 0)
    var steps = [0]
    for number in 0..<Self.kills {
      let begun = exists(folder["run/recipe.json"])
      let threads = ["--threads", "\(1 + number % 2)"]
      let running = try train((begun ? ["--resume"] : [recipe]) + threads + ["--checkpoint-every", "1"])
      usleep(UInt32.random(in: 0..<UInt32(range), using: &random))
      kill(running.process.processIdentifier, SIGKILL)
      let outcome = running.outcome()
      #expect(outcome.status == -SIGKILL, "life \(number): \(outcome.errors)")
      #expect(!outcome.errors.contains("passing over"), "life \(number): \(outcome.errors)")
      if names(in: folder["run/checkpoints"]).contains(where: { $0.contains(".tmp-") }) { unfinished += 1 }
      #expect(newest >= steps.last!, "life \(number) lost a checkpoint")
      idle = newest == steps.last ? idle + 1 : 0
      if idle == 5 { (range, idle) = (2 * range, 0) }
      steps.append(newest)
    }
    // Progress over many lives, not one that was spared.
    #expect(Set(steps).count > 20, "\(steps)")
    #expect(zip(steps, steps.dropFirst()).allSatisfy { $1 - $0 < max(10, newest / 2) }, "\(steps)")
    #expect(unfinished >= 3, "only \(unfinished) ends fell into the writing of a checkpoint")
    let end = ["--steps", "\(newest + 10)"]
    for running in [try train(["--resume"] + end), try train([recipe] + end, to: "unbroken")] {
      let outcome = running.outcome()
      #expect(outcome.status == 0, "\(outcome.errors)")
    }
    #expect(sameBytes(folder["run/checkpoint.safetensors"], folder["unbroken/checkpoint.safetensors"]))
    #expect(try metricsSteps(folder["run"]) == Array(1...(steps.last! + 10)))
    #expect(names(in: folder["run/grids"]) == names(in: folder["unbroken/grids"]))
    let all = names(in: folder["run"]) + names(in: folder["run/checkpoints"]) + names(in: folder["run/grids"])
    #expect(!all.contains { $0.contains(".tmp-") })
  }
}
