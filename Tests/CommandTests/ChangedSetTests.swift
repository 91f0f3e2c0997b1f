import Foundation
import Testing

/// A packed set that others write to while a run has it mapped.
@Suite struct ChangedSetTests {
  let made = Made.shared
  let folder = Folder()
  private var set: String { folder["set.safetensors"] }
  private var metrics: String { folder["run/metrics.jsonl"] }
  private var recipe: String { folder.write("recipe.json", FiftyKillsTests.recipe) }

  /// A run that would take for ever, on a copy of the set.
  private func begin() throws -> Running {
    folder.write("set.safetensors", bytes(of: made.set))
    // The copy is then older than the grain of the system's clock.
    usleep(20_000)
    let running = try Running(
      Program.path,
      ["train", recipe, "--data", set, "--outdir", folder["run"], "--checkpoint-every", "20", "--grid-every", "100000"])
    try wait(for: 25, running)
    return running
  }

  /// Waits until the run has come to a step.
  private func wait(for step: Int, _ running: Running, _ location: SourceLocation = #_sourceLocation) throws {
    for _ in 0..<20_000 where running.process.isRunning {
      if text(of: metrics).contains("{\"step\": \(step),") { return }
      usleep(1000)
    }
    Issue.record("never came to step \(step)", sourceLocation: location)
  }

  /// The last step whose line is whole.
  private var lastStep: Int { text(of: metrics).split(separator: "\n", omittingEmptySubsequences: false).count - 1 }

  /// Lets `change` happen between two steps at most, and returns how the run ended and the step it had come to.
  private func meanwhile(_ running: Running, _ change: () throws -> Void) throws -> (outcome: Outcome, step: Int) {
    kill(running.process.processIdentifier, SIGSTOP)
    usleep(50_000)
    let step = lastStep
    try change()
    kill(running.process.processIdentifier, SIGCONT)
    // A run that has seen nothing would go on for ever.
    for _ in 0..<20_000 where running.process.isRunning { usleep(1000) }
    kill(running.process.processIdentifier, SIGKILL)
    return (running.outcome(), step)
  }

  /// The checkpoint of a step is that of a run whose set nobody touched.
  private func expectSame(step: Int, _ location: SourceLocation = #_sourceLocation) throws {
    let name = "checkpoints/step-\(String("000000\(step)".suffix(7))).safetensors"
    try done(["train", recipe, "--data", made.set, "--outdir", folder["untouched"], "--steps", "\(step)"])
    #expect(sameBytes(folder["run/" + name], folder["untouched/" + name]), sourceLocation: location)
    #expect(try metricsSteps(folder["run"]) == Array(1...step), sourceLocation: location)
  }

  private var newest: Int {
    names(in: folder["run/checkpoints"]).compactMap {
      $0.hasSuffix(".safetensors") ? Int($0.dropFirst(5).dropLast(12)) : nil
    }
    .max() ?? 0
  }

  /// Catches: pixels of unknown origin in a checkpoint; a run that a shortened set ends by a signal, or that loses what it had.
  @Test(arguments: ["a byte changed", "cut", "grown", "written with the same bytes"]) func written(how: String) throws {
    let whole = bytes(of: made.set)
    let (outcome, step) = try meanwhile(begin()) {
      let handle = try #require(FileHandle(forUpdatingAtPath: set))
      switch how {
      case "cut": try handle.truncate(atOffset: 5000)
      case "grown":
        try handle.seekToEnd()
        try handle.write(contentsOf: [1])
      default:
        try handle.seek(toOffset: UInt64(whole.count - 100))
        try handle.write(contentsOf: [whole[whole.count - 100] ^ (how == "a byte changed" ? 255 : 0)])
      }
      try handle.close()
    }
    // Cut just while a minibatch is read: 74.
    if how == "cut" && outcome.status == 74 {
      expectRefusal(outcome, 74, file: set, saying: "shortened")
    } else {
      expectRefusal(outcome, 65, file: set, saying: "written to")
    }
    // A step that had its minibatch already came to its end.
    #expect(lastStep - step <= 1 && newest <= lastStep && newest >= 20, "\(step) \(lastStep) \(newest)")
    // Not with the changed set, but with the old bytes.
    let resume = ["train", "--data", set, "--outdir", folder["run"], "--resume", "--steps", "\(lastStep + 30)"]
    if how == "a byte changed" || how == "cut" { #expect(try run(resume).status == 65) }
    folder.write("set.safetensors", whole)
    let end = lastStep + 30
    try done(resume)
    try expectSame(step: end)
  }

  /// Catches: a run that is ended by what did not change its pixels: another file under the set's name, other permissions,
  /// another name. With the other file it cannot be resumed.
  @Test(arguments: ["replaced", "removed", "renamed", "permissions"]) func leftAlone(how: String) throws {
    let running = try begin()
    switch how {
    case "replaced": #expect(rename(try Made.set(folder, "other", phase: 100), set) == 0)
    case "removed": #expect(unlink(set) == 0)
    case "renamed": #expect(rename(set, folder["moved"]) == 0)
    default: #expect(chmod(set, 0o400) == 0)
    }
    try wait(for: lastStep + 50, running)
    kill(running.process.processIdentifier, SIGTERM)
    let outcome = running.outcome()
    #expect(outcome.status == 75, "\(outcome.errors)")
    try expectSame(step: lastStep)
    if how == "replaced" {
      let resume = try run(["train", "--data", set, "--outdir", folder["run"], "--resume"])
      expectRefusal(resume, 65, saying: "data_digest")
    }
  }

  /// Catches: a time of writing that was set back, behind which changed pixels hide.
  @Test func writtenWithTheOldTime() throws {
    let (outcome, step) = try meanwhile(begin()) {
      var status = stat()
      #expect(stat(set, &status) == 0)
      let handle = try #require(FileHandle(forUpdatingAtPath: set))
      try handle.seek(toOffset: UInt64(status.st_size - 1))
      try handle.write(contentsOf: [77])
      try handle.close()
      #expect(utimensat(AT_FDCWD, set, [status.st_atim, status.st_mtim], 0) == 0)
    }
    expectRefusal(outcome, 65, file: set, saying: "digest")
    #expect(lastStep - step <= 1 && newest <= lastStep)
  }

  /// Catches: a file that is shortened while it is read, and a program that is ended for it by the kernel. The set is 4 GB of
  /// zeros that take no place; reading it takes seconds.
  @Test func shortenedWhileItIsRead() throws {
    let count = 1 << 24
    let header = """
      {"__metadata__":{"format":"thimble-dataset 1","digest":"\(String(repeating: "0", count: 64))"},\
      "images":{"dtype":"U8","shape":[\(count),16,16,1],"data_offsets":[0,\(count * 256)]}}
      """
    let length = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) }
    folder.write("set.safetensors", length + Array(header.utf8))
    truncate(set, off_t(8 + header.utf8.count + count * 256))
    let running = try Running(
      Program.path, ["train", recipe, "--data", set, "--outdir", folder["run"]])
    usleep(300_000)
    truncate(set, 8192)
    expectRefusal(running.outcome(), 74, file: set, saying: "shortened")
  }
}
