import Foundation
import Testing
import ThimbleStorage

/// Places that cannot be written, full ones, and outputs that nobody takes: nothing is left half written.
@Suite struct OutputRefusalTests {
  let made = Made.shared
  let folder = Folder()

  /// All commands that write a file, but for where to.
  private var writers: [[String]] {
    [
      ["dataset", "pack", made.idx, "--size", "16", "-o"], ["dataset", "sheet", made.set, "-o"],
      ["import", "\(Program.fixtures)/import/torch_example.safetensors", "-o"],
      ["export", made.checkpoint, "--calibrate", "16", "-o"], ["golden", made.generator, "--seeds", "1", "-o"],
      ["bundle", made.generator, "--emit", "c", "--name", "x", "-o"],
      ["bench", made.generator, "--latents", made.latents, "--seconds", "0", "-o"],
      ["sample", made.generator, "1", "--raw", "-o"], ["sample", made.generator, "1", "--format", "safetensors", "-o"],
    ]
  }

  /// Catches: an output that cannot be created and is told as another error, or not at all.
  @Test func unwritablePlaces() throws {
    let file = folder.write("file", "")
    for writer in writers {
      for path in ["/proc/thimble", file + "/x", folder["none/x"], folder.path] {
        expectRefusal(try run(writer + [path]), 73, file: path)
      }
    }
    #expect(names(in: folder.path) == ["file"])
    for place in ["/proc/thimble", file + "/x", file] {
      expectRefusal(try run(["sample", made.generator, "1", "--outdir", place]), 73, file: place)
      expectRefusal(try run(["train", made.recipe, "--data", made.set, "--outdir", place]), 73)
    }
  }

  /// Catches: a folder without permission that is not told as such. Root may write anywhere, unless it gives that up.
  @Test func folderWithoutPermission() throws {
    let place = folder["closed"]
    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
    chmod(place, 0o555)
    defer { chmod(place, 0o755) }
    func unprivileged(_ arguments: [String]) throws -> Outcome {
      if geteuid() != 0 { return try run(arguments) }
      let without = ["--bounding-set", "-dac_override,-dac_read_search", Program.path]
      return try Running("/usr/bin/setpriv", without + arguments).outcome()
    }
    for writer in writers { expectRefusal(try unprivileged(writer + [place + "/x"]), 73, file: place + "/x") }
    expectRefusal(try unprivileged(["train", made.recipe, "--data", made.set, "--outdir", place + "/run"]), 73)
  }

  /// Catches: an output that replaces the very file it was made from.
  @Test func outputThatIsTheInput() throws {
    let copy = folder["copy.thimble"]
    try FileManager.default.copyItem(atPath: made.generator, toPath: copy)
    let before = bytes(of: copy)
    expectRefusal(try run(["sample", copy, "1", "--raw", "-o", copy]), 64, file: copy)
    #expect(bytes(of: copy) == before)
  }

  /// Catches: a reader that goes away and takes the program with it, without a word.
  @Test func readerThatGoesAway() throws {
    let shell =
      "'\(Program.path)' sample '\(made.generator)' 0-4095 --raw | head -c 10 >/dev/null; exit ${PIPESTATUS[0]}"
    let outcome = try Running("/bin/bash", ["-c", shell]).outcome()
    expectRefusal(outcome, 74, file: "standard output")
  }

  /// Catches: files of another kind that are called damaged.
  @Test func filesOfAnotherKind() throws {
    expectRefusal(try run(["inspect", made.set]), 65, file: made.set, saying: "a packed set of images")
    let export = ["export", made.generator, "-o", folder["x.thimble"]]
    let outcome = try run(export)
    expectRefusal(outcome, 65, file: made.generator, saying: "a .thimble file, already exported, wanted a checkpoint")
    #expect(outcome.errorLines.last?.contains("thimble sample \(made.generator)") == true, "\(outcome.errors)")
    #expect(!outcome.errors.contains("packed set"))
  }

  /// Catches: a full disk that ends the program by a trap, or that is not noticed.
  @Test func fullDevice() throws {
    for writer in writers {
      expectRefusal(try run(writer + ["/dev/full"]), 74, file: "/dev/full", saying: "No space left")
    }
    for arguments in [
      ["sample", made.generator, "0-99", "--raw"], ["inspect", made.generator], ["dataset", "info", made.set],
    ] {
      let outcome = try run(arguments, outputPath: "/dev/full")
      expectRefusal(outcome, 74, file: "standard output", saying: "No space left")
    }
  }

  /// Catches: messages that nobody takes and that end the program before its work is done.
  @Test func nobodyTakesMessages() throws {
    let outcome = try run(
      ["train", made.recipe, "--data", made.set, "--outdir", folder["run"]], errorsPath: "/dev/full")
    #expect(outcome.status == 0)
    #expect(bytes(of: folder["run/checkpoint.safetensors"]) == bytes(of: made.checkpoint))
    #expect(try run(["inspect", folder["none"]], errorsPath: "/dev/full").status == 66)
  }

  /// Runs `thimble` with files of at most so many blocks (of 1,024 bytes).
  private func limited(_ blocks: Int, _ arguments: [String]) throws -> Outcome {
    try Running("/bin/bash", ["-c", "ulimit -f \(blocks); exec \"$0\" \"$@\"", Program.path] + arguments).outcome()
  }

  /// Catches: a limit on the size of files that ends the program by a signal, or leaves a part of the file.
  @Test func limitedFileSize() throws {
    for writer in writers where writer[0] != "golden" && !(writer[0] == "sample" && writer.contains("1")) {
      expectRefusal(try limited(1, writer + [folder["out"]]), 74, file: folder["out"])
      #expect(names(in: folder.path) == [])
    }
    let images = ["sample", made.generator, "0-63", "-o", folder["out.raw"]]
    expectRefusal(try limited(2, images), 74, file: folder["out.raw"])
    #expect(names(in: folder.path) == [])
    // What stood there before stays as it was.
    folder.write("out.raw", "before")
    expectRefusal(try limited(2, images), 74, file: folder["out.raw"])
    #expect(text(of: folder["out.raw"]) == "before")
  }

  /// Catches: a checkpoint that does not fit and takes the earlier ones with it.
  @Test func limitedCheckpoint() throws {
    let train = ["train", made.recipe, "--data", made.set, "--outdir", folder["run"], "--checkpoint-every", "2"]
    try done(train + ["--steps", "6"])
    let before = ["2", "4", "6"].map { bytes(of: folder["run/checkpoints/step-000000\($0).safetensors"]) }
    let resume = ["train", "--data", made.set, "--outdir", folder["run"], "--resume", "--checkpoint-every", "2"]
    expectRefusal(try limited(100, resume), 74, file: folder["run/checkpoints/step-0000008.safetensors"])
    let steps = ["2", "4", "6"].map { "step-000000\($0).safetensors" }
    #expect(names(in: folder["run/checkpoints"]) == steps)
    #expect(steps.map { bytes(of: folder["run/checkpoints/" + $0]) } == before)
    try done(resume)
    #expect(bytes(of: folder["run/checkpoint.safetensors"]) == bytes(of: made.checkpoint))
  }

  /// Whether this process may mount a file system of its own.
  static let mayMount: Bool = {
    let script = "mount -t tmpfs -o size=100k none /mnt"
    return (try? Running("/usr/bin/env", ["unshare", "-m", "sh", "-c", script]).outcome().status) == 0
  }()

  /// Catches: a disk that fills up in the middle of a run and costs more than the last checkpoint. The disk is a small one in
  /// memory, in a name space of its own, and is then enlarged.
  @Test(.enabled(if: mayMount, "needs the right to mount")) func diskFillsUp() throws {
    let script = """
      set -u
      mount -t tmpfs -o size=1800k none "$2" || exit 1
      "$0" train "$3" --data "$4" --outdir "$2/run" --checkpoint-every 2 2> "$1/err1"; echo $? > "$1/status1"
      ls -A "$2/run/checkpoints" "$2/run" > "$1/left"
      mount -o remount,size=20m none "$2" || exit 1
      "$0" train --data "$4" --outdir "$2/run" --resume --checkpoint-every 2 2> "$1/err2" || exit 2
      cp "$2/run/checkpoint.safetensors" "$1/final"; cp "$2/run/metrics.jsonl" "$1/metrics"
      """
    folder.write("mount/place", "")
    let arguments = [
      "unshare", "-m", "sh", "-c", script, Program.path, folder.path, folder["mount"], made.recipe, made.set,
    ]
    let outcome = try Running("/usr/bin/env", arguments).outcome()
    #expect(outcome.status == 0, "\(outcome.errors) \(text(of: folder["err2"]))")
    let first = Outcome(
      status: Int32(text(of: folder["status1"]).dropLast()) ?? -1, output: [], errors: text(of: folder["err1"]))
    expectRefusal(first, 74, saying: "No space left")
    #expect(text(of: folder["left"]).contains("step-") && !text(of: folder["left"]).contains(".tmp-"))
    #expect(bytes(of: folder["final"]) == bytes(of: made.checkpoint))
    #expect(text(of: folder["metrics"]).split(separator: "\n").count == 12)
  }
}
