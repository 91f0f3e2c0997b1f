import Foundation
import Testing

/// A packed set that others write to while a run has it mapped.
@Suite struct ChangedSetTests {
  let made = Made.shared
  let folder = Folder()
  static let options = ["--steps", "400", "--checkpoint-every", "20", "--grid-every", "400"]

  /// The bytes at the end of a run whose set nobody touched.
  static let untouched: [UInt8] = {
    let folder = Folder()
    let arguments = ["train", Made.shared.recipe, "--data", Made.shared.set, "--outdir", folder["run"]] + options
    return (try? run(arguments))?.status == 0 ? bytes(of: folder["run/checkpoint.safetensors"]) : []
  }()

  private var set: String { folder["set.safetensors"] }

  /// Begins a run on a copy of the set, and stops it (SIGSTOP) once it is under way.
  private func begin() throws -> Running {
    folder.write("set.safetensors", bytes(of: made.set))
    // The copy is then older than the grain of the system's clock.
    usleep(20_000)
    let running = try Running(
      Program.path, ["train", made.recipe, "--data", set, "--outdir", folder["run"]] + Self.options)
    for _ in 0..<20_000 where running.process.isRunning && !text(of: folder["run/metrics.jsonl"]).contains("\"step\": 25,") {
      usleep(1000)
    }
    kill(running.process.processIdentifier, SIGSTOP)
    return running
  }

  private func end(_ running: Running) -> Outcome {
    kill(running.process.processIdentifier, SIGCONT)
    return running.outcome()
  }

  private func expectSameEnd(_ location: SourceLocation = #_sourceLocation) throws {
    #expect(!Self.untouched.isEmpty, sourceLocation: location)
    #expect(bytes(of: folder["run/checkpoint.safetensors"]) == Self.untouched, sourceLocation: location)
    #expect(try metricsSteps(folder["run"]) == Array(1...400), sourceLocation: location)
  }

  /// Catches: pixels of unknown origin in a checkpoint; a run that a shortened set ends by a signal, or that loses what it had.
  @Test(arguments: ["a byte changed", "cut", "grown", "written with the same bytes"]) func written(how: String) throws {
    let running = try begin()
    let before = names(in: folder["run/checkpoints"]).filter { $0.hasSuffix(".safetensors") }
    let handle = try #require(FileHandle(forUpdatingAtPath: set))
    let whole = bytes(of: made.set)
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
    let outcome = end(running)
    // Cut just while a minibatch is read: 74.
    if how == "cut" && outcome.status == 74 {
      expectRefusal(outcome, 74, file: set, saying: "shortened")
    } else {
      expectRefusal(outcome, 65, file: set, saying: "written to")
    }
    let after = names(in: folder["run/checkpoints"]).filter { $0.hasSuffix(".safetensors") }
    #expect(after.last! <= "step-0000040.safetensors" && after.last! >= before.last!)
    // Not with the changed set, but with the old bytes.
    let resume = ["train", "--data", set, "--outdir", folder["run"], "--resume"] + Self.options
    if how == "a byte changed" || how == "cut" { #expect(try run(resume).status == 65) }
    folder.write("set.safetensors", whole)
    try done(resume)
    try expectSameEnd()
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
    let outcome = end(running)
    #expect(outcome.status == 0, "\(outcome.errors)")
    try expectSameEnd()
    if how == "replaced" {
      let resume = try run(["train", "--data", set, "--outdir", folder["run"], "--resume"])
      expectRefusal(resume, 65, file: folder["run/checkpoints/step-0000400.safetensors"], saying: "data_digest")
    }
  }

  /// Catches: a time of writing that was set back, behind which changed pixels hide.
  @Test func writtenWithTheOldTime() throws {
    let running = try begin()
    var status = stat()
    #expect(stat(set, &status) == 0)
    let handle = try #require(FileHandle(forUpdatingAtPath: set))
    try handle.seek(toOffset: UInt64(status.st_size - 1))
    try handle.write(contentsOf: [77])
    try handle.close()
    let times = [status.st_atim, status.st_mtim]
    #expect(utimensat(AT_FDCWD, set, times, 0) == 0)
    expectRefusal(end(running), 65, file: set, saying: "digest")
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
      Program.path, ["train", made.recipe, "--data", set, "--outdir", folder["run"]] + Self.options)
    usleep(300_000)
    truncate(set, 8192)
    expectRefusal(running.outcome(), 74, file: set, saying: "shortened")
  }
}
