import Foundation
import Testing

/// Files that are cut while the program has them mapped: the system ends it by SIGBUS, unless it is ready for that.
@Suite struct CutFileTests {
  let made = Made.shared
  let folder = Folder()

  /// A process's threads.
  private func threads(of running: Running) -> Int {
    let status = text(of: "/proc/\(running.process.processIdentifier)/status")
    let line = status.split(separator: "\n").first { $0.hasPrefix("Threads:") }
    return line.flatMap { Int($0.dropFirst(8).trimmingCharacters(in: .whitespaces)) } ?? 0
  }

  /// Cuts a file to one page when the program has so many threads, some time after.
  private func cut(_ path: String, while running: Running, threads wanted: Int, after microseconds: UInt32) {
    while running.process.isRunning && threads(of: running) < wanted { usleep(1000) }
    usleep(microseconds)
    truncate(path, 4096)
  }

  private func expectMessage(
    _ outcome: Outcome, _ file: String, by program: String = "thimble", _ location: SourceLocation = #_sourceLocation
  ) {
    // A command that looks at the file between two batches may see it before a thread misses the bytes.
    let isSeen = program == "thimble" && outcome.errors.contains("another size or time than before")
    expectRefusal(
      outcome, 74, file: file, saying: isSeen ? "file: found" : "read: found missing bytes: the file was shortened",
      by: program, location)
    #expect(!outcome.errors.contains("--resume"), "\(outcome.errors)", sourceLocation: location)
    #expect(outcome.errorLines.last?.hasSuffix("un the command again.") == true, sourceLocation: location)
  }

  /// Catches: threads that block the signal, so that the program ends by it; a message that names no file, or that advises what this
  /// command does not have. Several times, since any of the threads may be the one.
  @Test(arguments: 0..<8) func generator(time: Int) throws {
    let copy = folder.write("copy.thimble", bytes(of: made.generator))
    let threads = ["--threads", "4", "--even-beyond-processors"]
    let commands = [
      ["sample", copy, "0-999999", "--raw", "-o", folder["out.raw"]] + threads,
      ["golden", copy, "--seeds", "0-999999", "-o", folder["golden.txt"]] + threads,
    ]
    let running = try Running(Program.path, commands[time % 2])
    cut(copy, while: running, threads: 4, after: 50_000 + 10_000 * UInt32(time))
    expectMessage(running.outcome(), copy)
    #expect(names(in: folder.path) == ["copy.thimble"])
  }

  /// Catches: a temporary file that stays behind.
  @Test func temporaryFiles() throws {
    let copy = folder.write("copy.thimble", bytes(of: made.generator))
    let latents = folder.sparse("latents.f32", byteCount: 200_000 * 400)
    let running = try Running(
      Program.path,
      [
        "bench", copy, "--latents", latents, "-o", folder["out.raw"], "--seconds", "0", "--threads", "3",
        "--even-beyond-processors",
      ])
    while running.process.isRunning && !names(in: folder.path).contains(where: { $0.hasPrefix("out.raw.tmp-") }) {
      usleep(1000)
    }
    #expect(names(in: folder.path).count == 3)
    truncate(copy, 4096)
    expectMessage(running.outcome(), copy)
    #expect(names(in: folder.path) == ["copy.thimble", "latents.f32"])
  }

  /// Whether the program has mapped a file. The list has no size that a reader could ask for: it is read to its end.
  private func maps(_ running: Running, _ path: String) -> Bool {
    guard let file = fopen("/proc/\(running.process.processIdentifier)/maps", "r") else { return false }
    defer { fclose(file) }
    var (list, part) = ([UInt8](), [UInt8](repeating: 0, count: 1 << 16))
    while case let count = fread(&part, 1, part.count, file), count > 0 { list += part[..<count] }
    return String(decoding: list, as: UTF8.self).contains(path)
  }

  /// Catches: bytes that are missing from the last page, which read as zeros: images of another generator, without a word.
  @Test func lastPage() throws {
    let whole = bytes(of: made.generator)
    var copy = ""
    var outcome = Outcome(status: 65, output: [], errors: "")
    // 65: the file was cut before it was checked. 0: all was done before it was cut, on a machine that is busy with other things.
    for wait in [100_000, 800_000, 400_000, 1_600_000, 3_000_000, 6_000_000] as [UInt32]
    where [0, 65].contains(outcome.status) {
      copy = folder.write("copy.thimble", whole)
      unlink(folder["out.raw"])
      let running = try Running(
        Program.path, ["sample", copy, "0-999999", "--raw", "-o", folder["out.raw"], "--threads", "2"])
      while running.process.isRunning && !maps(running, copy) {
        usleep(1000)
      }
      usleep(wait)
      truncate(copy, off_t(whole.count - 8))
      outcome = running.outcome()
    }
    expectRefusal(outcome, 74, file: copy, saying: "another size or time than before")
    #expect(names(in: folder.path) == ["copy.thimble"])
  }

  /// Catches: a set that is cut, and advice without --resume, which goes on from there.
  @Test func trainingSet() throws {
    let set = folder.write("set.safetensors", bytes(of: made.set))
    let running = try Running(
      Program.path,
      [
        "train", made.recipe, "--data", set, "--outdir", folder["run"], "--steps", "100000", "--threads", "3",
        "--even-beyond-processors",
      ])
    while running.process.isRunning && !text(of: folder["run/metrics.jsonl"]).contains("\"step\": 20,") { usleep(1000) }
    truncate(set, 4096)
    let outcome = running.outcome()
    // The watch on the set may be the first to see it.
    #expect([65, 74].contains(outcome.status), "\(outcome.status) \(outcome.errors)")
    #expect(outcome.errorLines.suffix(2).first?.hasPrefix("thimble: \(set): ") == true, "\(outcome.errors)")
    #expect(outcome.errorLines.last?.contains("--resume") == true, "\(outcome.errors)")
  }

  /// Catches: a signal that was blocked by whoever started the program.
  @Test func blockedSignal() throws {
    let environment = try Preloaded.environment(
      """
      #include <signal.h>
      #include <stddef.h>
      __attribute__((constructor)) static void block(void) {
        sigset_t set;
        sigemptyset(&set), sigaddset(&set, SIGBUS), sigprocmask(SIG_BLOCK, &set, NULL);
      }
      """, in: folder)
    let copy = folder.write("copy.thimble", bytes(of: made.generator))
    let running = try Running(
      Program.path, ["sample", copy, "0-999999", "--raw", "-o", folder["out.raw"], "--threads", "1"],
      environment: environment)
    cut(copy, while: running, threads: 1, after: 150_000)
    expectMessage(running.outcome(), copy)
  }

  /// Catches: the same of the board sampler, whose threads and handlers are its own; and its temporary file.
  @Test(.withBoardSampler, arguments: [1, 4]) func boardSampler(threads: Int) throws {
    guard FileManager.default.isExecutableFile(atPath: BoardSampler.path) else {
      Issue.record("\(BoardSampler.path) is missing: run tools/boards/build x86_64")
      return
    }
    let copy = folder.write("copy.thimble", bytes(of: made.generator))
    let running = try Running(
      BoardSampler.path, [copy, "0-999999", "--raw", "-o", folder["out.raw"], "--threads", "\(threads)"])
    while running.process.isRunning && names(in: folder.path).count < 2 { usleep(1000) }
    usleep(20_000)
    #expect(names(in: folder.path).count == 2)
    truncate(copy, 4096)
    expectMessage(running.outcome(), copy, by: "thimble-sample")
    #expect(names(in: folder.path) == ["copy.thimble"])
  }
}
