import Foundation
import Testing

/// What becomes of a run whose terminal, pipes or disk go away.
@Suite struct StreamTests {
  let made = Made.shared
  let folder = Folder()
  static let options = ["--steps", "200", "--checkpoint-every", "5", "--grid-every", "50"]

  static let unbroken: [UInt8] = {
    let folder = Folder()
    let arguments = ["train", Made.shared.recipe, "--data", Made.shared.set, "--outdir", folder["run"]] + options
    return (try? run(arguments))?.status == 0 ? bytes(of: folder["run/checkpoint.safetensors"]) : []
  }()

  private var train: [String] { ["train", made.recipe, "--data", made.set, "--outdir", folder["run"]] + Self.options }
  private var resume: [String] { ["train", "--data", made.set, "--outdir", folder["run"], "--resume"] + Self.options }

  private func bash(_ script: String, _ arguments: [String]) throws -> Running {
    try Running("/bin/bash", ["-c", script, Program.path] + arguments)
  }

  private func wait(for step: Int, _ running: Running) -> Bool {
    for _ in 0..<20_000 where running.process.isRunning {
      if text(of: folder["run/metrics.jsonl"]).contains("{\"step\": \(step),") { return true }
      usleep(1000)
    }
    return false
  }

  private func expectSameEnd(_ location: SourceLocation = #_sourceLocation) throws {
    let isSame = bytes(of: folder["run/checkpoint.safetensors"]) == Self.unbroken
    #expect(!Self.unbroken.isEmpty && isSame, sourceLocation: location)
    #expect(try metricsSteps(folder["run"]) == Array(1...200), sourceLocation: location)
  }

  /// Catches: a closed terminal that ends the run without a checkpoint, at its first signal or at its second.
  @Test(arguments: [1, 2]) func hangup(times: Int) throws {
    let running = try Running(Program.path, train)
    #expect(wait(for: 87, running))
    for _ in 0..<times { kill(running.process.processIdentifier, SIGHUP) }
    let outcome = running.outcome()
    #expect(outcome.status == 75, "\(outcome.errors)")
    let steps = try metricsSteps(folder["run"])
    #expect(exists(folder["run/checkpoints/step-\(String("000000\(steps.last!)".suffix(7))).safetensors"]))
    try done(resume)
    try expectSameEnd()
  }

  /// Catches: `nohup` that is not heeded.
  @Test func hangupIgnored() throws {
    let running = try bash("trap '' HUP; exec \"$0\" \"$@\"", train)
    #expect(wait(for: 87, running))
    kill(running.process.processIdentifier, SIGHUP)
    let outcome = running.outcome()
    #expect(outcome.status == 0, "\(outcome.errors)")
    try expectSameEnd()
  }

  /// Catches: a reader that goes away and takes the run with it; messages that land in the run's files because those got the
  /// numbers of closed streams.
  @Test(arguments: [
    ("\"$0\" \"$@\" | true; exit ${PIPESTATUS[0]}", [0, 74]),
    ("\"$0\" \"$@\" 2>&1 | true; exit ${PIPESTATUS[0]}", [0, 74]),
    ("\"$0\" \"$@\" 2> >(read -r line)", [0]), ("exec \"$0\" \"$@\" >&-", [74]), ("exec \"$0\" \"$@\" 2>&-", [0]),
    ("exec \"$0\" \"$@\" <&- >&- 2>&-", [74]),
  ])
  func closedStreams(script: String, statuses: [Int32]) throws {
    let outcome = try bash(script, train).outcome()
    #expect(statuses.contains(outcome.status), "\(outcome.status) \(outcome.errors)")
    try expectSameEnd()
    for line in text(of: folder["run/log.txt"]).split(separator: "\n") {
      #expect(line.contains("begun") || line.contains("finished"), "\(line)")
    }
  }

  /// A run whose lines soon take more place than its checkpoints: 30 steps of it.
  private func beginSmall() throws -> [String] {
    let recipe = folder.write("recipe.json", FiftyKillsTests.recipe)
    try done([
      "train", recipe, "--data", made.set, "--outdir", folder["small"], "--steps", "30", "--checkpoint-every", "5",
    ])
    return ["train", "--data", made.set, "--outdir", folder["small"], "--resume", "--checkpoint-every", "5"]
  }

  /// Runs with files of at most so many bytes.
  private func limited(_ byteCount: Int, _ arguments: [String]) throws -> Outcome {
    try bash("ulimit -f \((byteCount + 1023) / 1024); exec \"$0\" \"$@\"", arguments).outcome()
  }

  /// Catches: metrics that cannot be written and end the run otherwise than by its message, or that leave it unable to go on.
  @Test func metricsThatDoNotFit() throws {
    let resume = try beginSmall()
    let largest = names(in: folder["small/checkpoints"]).map { bytes(of: folder["small/checkpoints/" + $0]).count }
      .max()!
    let outcome = try limited(largest + 8192, resume + ["--steps", "1000", "--grid-every", "1000", "--no-report"])
    expectRefusal(outcome, 74, file: folder["small/metrics.jsonl"], saying: "write")
    #expect(outcome.errors.contains("continue with --resume"))
    // The last line is half a one; the checkpoints are whole.
    #expect(text(of: folder["small/metrics.jsonl"]).last != "\n")
    try expectSmallEnd(resume)
  }

  /// Catches: the same of grids, which are written at step 31 here, and of the log.
  @Test(arguments: ["grids/step-0000031.png", "log.txt"]) func othersThatDoNotFit(name: String) throws {
    let resume = try beginSmall()
    if name == "log.txt" {
      let old = text(of: folder["small/log.txt"])
      folder.write("small/log.txt", old + String(repeating: "x", count: 65_530 - old.utf8.count) + "\n")
      expectRefusal(try limited(65_536, resume), 74, file: folder["small/log.txt"])
    } else {
      // A folder where the grid must go.
      folder.write("small/\(name)/x", "")
      let outcome = try run(resume + ["--steps", "100", "--grid-every", "1"])
      expectRefusal(outcome, 73, file: folder["small/" + name])
      #expect(outcome.errors.contains("continue with --resume"))
      try FileManager.default.removeItem(atPath: folder["small/" + name])
    }
    try expectSmallEnd(resume)
  }

  private func expectSmallEnd(_ resume: [String], _ location: SourceLocation = #_sourceLocation) throws {
    let outcome = try done(resume + ["--steps", "500"])
    #expect(!outcome.errors.contains("passing over"), sourceLocation: location)
    try done(["train", folder["recipe.json"], "--data", made.set, "--outdir", folder["whole"], "--steps", "500"])
    let (small, whole) = (folder["small/checkpoint.safetensors"], folder["whole/checkpoint.safetensors"])
    #expect(sameBytes(small, whole), sourceLocation: location)
    #expect(try metricsSteps(folder["small"]) == Array(1...500), sourceLocation: location)
  }

  /// Catches: two runs that begin in one folder at once, each of which sees it empty. Ten times, since it takes a moment.
  @Test func twoBeginnings() throws {
    for number in 0..<10 {
      let arguments = ["train", made.recipe, "--data", made.set, "--outdir", folder["run\(number)"], "--steps", "40"]
      let both = [try Running(Program.path, arguments), try Running(Program.path, arguments)]
      let outcomes = both.map { $0.outcome() }
      #expect(outcomes.map(\.status).sorted() == [0, 73], "\(outcomes.map(\.errors))")
      for outcome in outcomes where outcome.status == 73 { expectRefusal(outcome, 73, file: folder["run\(number)"]) }
      #expect(try metricsSteps(folder["run\(number)"]) == Array(1...40))
    }
  }

  /// Catches: a run that looks at its folder too early: while it reads its set (512 MB of zeros that take no place), another one
  /// begins there and ends.
  @Test func begunMeanwhile() throws {
    let count = 1 << 21
    let script = "(echo \"$1 16 16 1\"; head -c $(($1 * 256)) /dev/zero) | sha256sum"
    let digest = try bash(script, ["\(count)"]).outcome().text.prefix(64)
    let header = """
      {"__metadata__":{"format":"thimble-dataset 1","digest":"\(digest)"},\
      "images":{"dtype":"U8","shape":[\(count),16,16,1],"data_offsets":[0,\(count * 256)]}}
      """
    let length = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) }
    let large = folder.write("large.safetensors", length + Array(header.utf8))
    truncate(large, off_t(8 + header.utf8.count + count * 256))
    let late = try Running(
      Program.path, ["train", made.recipe, "--data", large, "--outdir", folder["run"], "--steps", "1"])
    usleep(200_000)
    try done(["train", made.recipe, "--data", made.set, "--outdir", folder["run"]])
    expectRefusal(late.outcome(), 73, file: folder["run"], saying: "found a run")
    #expect(sameBytes(folder["run/checkpoint.safetensors"], made.checkpoint))
  }
}
