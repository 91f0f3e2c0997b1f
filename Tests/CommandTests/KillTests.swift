import Foundation
import Testing
import ThimbleStorage

/// Runs that are ended in the middle, by force or by Ctrl-C. One of 200 steps, a checkpoint every 5.
@Suite struct KillTests {
  let made = Made.shared
  let folder = Folder()
  static let options = ["--steps", "200", "--checkpoint-every", "5", "--grid-every", "50"]

  /// The bytes at the end of the run that nobody stopped.
  static let unbroken: [UInt8] = {
    let folder = Folder()
    let outcome = try? run(
      ["train", Made.shared.recipe, "--data", Made.shared.set, "--outdir", folder["run"]] + options)
    return outcome?.status == 0 ? bytes(of: folder["run/checkpoint.safetensors"]) : []
  }()

  private func begin(_ arguments: [String]) throws -> Running {
    try Running(Program.path, ["train", "--data", made.set, "--outdir", folder["run"]] + arguments + Self.options)
  }

  /// Waits until the run has come to a step. False if it ends or hangs before that.
  private func wait(for step: Int, _ running: Running) -> Bool {
    let marker = "{\"step\": \(step),"
    for _ in 0..<20_000 {
      if text(of: folder["run/metrics.jsonl"]).contains(marker) { return true }
      if !running.process.isRunning { return false }
      usleep(1000)
    }
    return false
  }

  private func expectSameEnd() throws {
    #expect(!Self.unbroken.isEmpty && bytes(of: folder["run/checkpoint.safetensors"]) == Self.unbroken)
    #expect(try metricsSteps(folder["run"]) == Array(1...200))
    let all = names(in: folder["run"]) + names(in: folder["run/checkpoints"]) + names(in: folder["run/grids"])
    #expect(!all.contains { $0.contains(".tmp") })
  }

  /// Catches: whatever a sudden end leaves behind: half files under final names, lines of steps that are then done again,
  /// waste that is never removed. Five moments from the seed given: each at a random step of its own fifth of the
  /// run, and up to 10 ms later, so that some fall into the writing of a checkpoint.
  @Test(arguments: [(UInt64(1), 1), (2, 2)]) func killed(seed: UInt64, threads: Int) throws {
    var random = SeededNumbers(state: seed)
    for number in 0..<5 {
      let step = number * 38 + Int.random(in: 2...30, using: &random)
      let delay = UInt32.random(in: 0..<10_000, using: &random)
      let running = try begin((number == 0 ? [made.recipe] : ["--resume"]) + ["--threads", "\(threads)"])
      #expect(wait(for: step, running), "never came to step \(step)")
      usleep(delay)
      kill(running.process.processIdentifier, SIGKILL)
      #expect(running.outcome().status == -SIGKILL, "killed at step \(step), \(delay) microseconds later")
      for name in names(in: folder["run/checkpoints"]) where name.hasSuffix(".safetensors") {
        #expect(throws: Never.self) { try SafetensorsFile(path: folder["run/checkpoints/" + name]) }
      }
    }
    let outcome = try begin(["--resume", "--threads", "\(threads)"]).outcome()
    #expect(outcome.status == 0, "\(outcome.errors)")
    try expectSameEnd()
  }

  /// Catches: a run that is killed before its first checkpoint and cannot be resumed.
  @Test func killedAtOnce() throws {
    let running = try begin([made.recipe])
    #expect(wait(for: 1, running))
    kill(running.process.processIdentifier, SIGKILL)
    _ = running.outcome()
    #expect(try begin(["--resume"]).outcome().status == 0)
    try expectSameEnd()
  }

  /// Catches: two processes that train in one folder and mix up its files.
  @Test func twoAtOnce() throws {
    let running = try begin([made.recipe])
    #expect(wait(for: 1, running))
    let outcome = try begin(["--resume"]).outcome()
    expectRefusal(outcome, 73, file: folder["run"], saying: "another process")
    #expect(running.outcome().status == 0)
    try expectSameEnd()
  }

  /// Catches: Ctrl-C that loses steps, ends with another code than 75, or whose message names no command that goes on to the
  /// same end.
  @Test(arguments: [SIGINT, SIGTERM]) func interrupted(signal: Int32) throws {
    let running = try begin([made.recipe])
    #expect(wait(for: 87, running))
    kill(running.process.processIdentifier, signal)
    let outcome = running.outcome()
    #expect(outcome.status == 75, "\(outcome.errors)")
    let last = try #require(outcome.errorLines.last)
    let (step, command) = (
      last.firstMatch(of: /interrupted at step (\d+)/)?.1,
      last.firstMatch(of: /continue with: \S*thimble (train .*)/)?.1
    )
    let steps = try metricsSteps(folder["run"])
    #expect(steps.last.map { "\($0)" } == step.map(String.init))
    #expect(exists(folder["run/checkpoints/step-\(String("000000\(step ?? "")".suffix(7))).safetensors"]))
    #expect(!exists(folder["run/checkpoint.safetensors"]))
    try done(try #require(command).split(separator: " ").map(String.init))
    try expectSameEnd()
  }
}
