import Foundation
import Testing
import ThimbleStorage

/// Trainings whose samples really become alike, since their learning rates are 250 times too high; and what `--on-collapse` makes of
/// that. Training is the same on all machines, and so are these collapses.
@Suite struct CollapseTests {
  let made = Made.shared
  let folder = Folder()

  /// Collapses at step 325, once more after going back to step 150, and no more after going back to step 4.
  private static let rescued = (rate: 0.05, seed: 2)
  /// Collapses at step 350 and again and again.
  private static let lost = (rate: 0.03, seed: 1)

  private func arguments(_ training: (rate: Double, seed: Int), _ name: String, _ policy: String) -> [String] {
    let recipe = folder.write(
      "recipe.json",
      """
      {"geometry": "authors", "size": 16, "channels": 1, "generatorWidths": [16, 8], "batchSize": 16,
       "learningRate": \(training.rate), "beta1": 0.9, "seed": \(training.seed)}
      """)
    return ["train", recipe, "--data", made.set, "--outdir", folder[name]] + more(policy)
  }

  private func more(_ policy: String) -> [String] {
    ["--steps", "600", "--grid-every", "25", "--checkpoint-every", "50", "--on-collapse", policy]
  }

  private func resume(_ name: String, _ policy: String) -> [String] {
    ["train", "--data", made.set, "--outdir", folder[name], "--resume"] + more(policy)
  }

  private func metadata(_ path: String) throws -> [String: String] { try SafetensorsFile(path: path).metadata }

  private func log(_ name: String) -> String { text(of: folder[name + "/log.txt"]) }

  /// Catches: a rollback that changes nothing, that is not told, or that is not the same on one thread and after `kill -9`.
  @Test func rollback() throws {
    let outcome = try done(arguments(Self.rescued, "run", "rollback") + ["--threads", "2"])
    #expect(outcome.errors.contains("rollback 1 of 3: from step 325 back to step 150"))
    #expect(outcome.errors.contains("rollback 2 of 3: from step 325 back to step 4"))
    let final = bytes(of: folder["run/checkpoint.safetensors"])
    #expect(try metadata(folder["run/checkpoint.safetensors"])["rollbacks"] == "150 4")
    #expect(try metricsSteps(folder["run"]) == Array(1...600))
    #expect(text(of: folder["run/report.html"]).components(separatedBy: "<b>rollback</b>").count == 3)

    let running = try Running(Program.path, arguments(Self.rescued, "again", "rollback") + ["--threads", "1"])
    while !log("again").contains("rollback 1") && running.process.isRunning { usleep(500) }
    kill(running.process.processIdentifier, SIGKILL)
    _ = running.outcome()
    try done(resume("again", "rollback"))
    #expect(bytes(of: folder["again/checkpoint.safetensors"]) == final)
    #expect(try metricsSteps(folder["again"]) == Array(1...600))
    let grids = names(in: folder["run/grids"])
    #expect(names(in: folder["again/grids"]) == grids && grids.count == 25)
  }

  /// Catches: rollbacks without end, and an end that cannot be gone on from.
  @Test func endOfRollbacks() throws {
    expectRefusal(
      try run(arguments(Self.lost, "run", "rollback")), 75, file: folder["run"], saying: "a collapse after 3 rollbacks")
    #expect(log("run").components(separatedBy: "  rollback ").count == 4)
    let newest = folder["run/checkpoints/" + (names(in: folder["run/checkpoints"]).last ?? "")]
    let rollbacks = try metadata(newest)["rollbacks"]
    #expect(rollbacks?.split(separator: " ").count == 3)
    try done(resume("run", "warn"))
    #expect(try metadata(folder["run/checkpoint.safetensors"])["rollbacks"] == rollbacks)
  }

  /// Catches: a stop without a checkpoint of its step, and one that stops again where the user said to go on.
  @Test func stop() throws {
    expectRefusal(
      try run(arguments(Self.lost, "run", "stop")), 75, file: folder["run"], saying: "diversity of samples at step 350")
    #expect(exists(folder["run/checkpoints/step-0000350.safetensors"]))
    #expect(text(of: folder["run/report.html"]).contains("<span class=\"stand stopped\">"))
    try done(resume("run", "stop"))
    try done(arguments(Self.lost, "whole", "warn"))
    #expect(bytes(of: folder["run/checkpoint.safetensors"]) == bytes(of: folder["whole/checkpoint.safetensors"]))
  }

  /// Catches: a warning that is told more or less than once, after a resumption too, or not in all places.
  @Test func warnings() throws {
    let outcome = try done(arguments(Self.lost, "run", "warn"))
    let lines = outcome.errorLines.filter { $0.contains("warning: step 350: the samples have become alike") }
    #expect(lines.count == 1 && outcome.errors.components(separatedBy: "have become alike").count == 2)
    let page = text(of: folder["run/report.html"])
    #expect(page.components(separatedBy: "<b>collapse</b>").count == 2)
    let again = try done(["train", "--data", made.set, "--outdir", folder["run"], "--resume", "--steps", "650"])
    #expect(!again.errors.contains("become alike"))
    #expect(log("run").components(separatedBy: "become alike").count == 2)
    #expect(text(of: folder["run/report.html"]).components(separatedBy: "<b>collapse</b>").count == 2)
    #expect(try metadata(folder["run/checkpoint.safetensors"])["rollbacks"] == nil)
  }

  /// Catches: words that are taken for a policy, and damaged lists of rollbacks.
  @Test func refused() throws {
    try expectUsage(["train", "--data", made.set, "--outdir", folder["none"], "--on-collapse", "nothing"])
    try done(arguments(Self.rescued, "run", "rollback"))
    let path = folder["run/checkpoints/step-0000600.safetensors"]
    let whole = bytes(of: path)
    let (found, other) = (Array("\"rollbacks\":\"150 4\"".utf8), Array("\"rollbacks\":\"150 x\"".utf8))
    let place = try #require(
      (0..<(whole.count - found.count)).first { whole[$0..<($0 + found.count)].elementsEqual(found) })
    var damaged = whole
    damaged.replaceSubrange(place..<(place + found.count), with: other)
    folder.write("run/checkpoints/step-0000600.safetensors", damaged)
    let outcome = try done(resume("run", "rollback"))
    #expect(outcome.errors.contains("passing over a checkpoint: \(path)"))
    #expect(bytes(of: path) == whole)
  }
}
