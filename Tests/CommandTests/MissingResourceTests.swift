import Foundation
import Testing
import Thimble

/// A system that lacks something: memory, threads, /proc.
@Suite struct MissingResourceTests {
  let made = Made.shared
  let folder = Folder()

  private func shell(_ script: String, _ arguments: [String]) throws -> Outcome {
    try Running("/bin/bash", ["-c", script, Program.path] + arguments).outcome()
  }

  /// The generator with an arena of 1 GB for an image, which a file may ask for.
  private func largeGenerator() -> String {
    let file = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes(of: made.generator).count, alignment: 64)
    defer { file.deallocate() }
    file.copyBytes(from: bytes(of: made.generator))
    file.storeBytes(of: UInt64(1 << 30).littleEndian, toByteOffset: 56, as: UInt64.self)
    Layout.seal(file)
    return folder.write("large.thimble", Array(file))
  }

  /// Catches: an arena that does not fit, and ends the program by a signal with a list of its functions.
  @Test func arena() throws {
    let large = largeGenerator()
    let latents = folder.write("one.f32", raw([Float](repeating: 0, count: 100)))
    for arguments in [
      ["sample", large, "1", "--raw"], ["golden", large, "--seeds", "1", "-o", folder["golden.txt"]],
      ["verify", large, made.golden],
      ["bench", large, "--latents", latents, "-o", folder["out.raw"], "--seconds", "0"], ["bench", large],
    ] {
      let outcome = try shell("ulimit -v 900000; exec \"$0\" \"$@\"", arguments)
      expectRefusal(outcome, 70, file: large, saying: "memory: found 1024 MB for ")
      #expect(outcome.output.isEmpty && outcome.errorLines.count == 2, "\(arguments): \(outcome.errors)")
    }
    #expect(names(in: folder.path) == ["large.thimble", "one.f32"])
    // It is a valid file: its pixels are the small arena's.
    #expect(try done(["sample", large, "1", "--raw"]).output == done(["sample", made.generator, "1", "--raw"]).output)
  }

  /// Catches: the same of rows that a file holds.
  @Test func latents() throws {
    let latents = folder.sparse("latents.f32", byteCount: 1_000_000 * 400)
    let outcome = try shell(
      "ulimit -v 900000; exec \"$0\" \"$@\"", ["sample", made.generator, "--latents", latents, "--raw"])
    expectRefusal(outcome, 70, file: latents, saying: "memory: found 572 MB for 1000000 latents")
  }

  /// Catches: memory that is missing where nobody asked before, which ends the program by a signal and leaves temporary files.
  @Test func unforeseen() throws {
    let environment = try Preloaded.environment(Preloaded.noLargeBlocks, in: folder)
    let outcome = try run(
      ["sample", made.generator, "0-65535", "--raw", "-o", folder["out.raw"]], environment: environment)
    expectRefusal(outcome, 70, file: "memory", saying: "found none left")
    #expect(!names(in: folder.path).contains { $0.hasPrefix("out.raw") })
  }

  /// Catches: what waits for ever for threads that the system does not give.
  @Test func threads() throws {
    let environment = try Preloaded.environment(Preloaded.noThreads, in: folder)
    let many = ["--threads", "3", "--even-beyond-processors"]
    for arguments in [
      ["dataset", "pack", made.idx, "-o", folder["set.safetensors"], "--size", "16"],
      ["train", made.recipe, "--data", folder["set.safetensors"], "--outdir", folder["run"]] + many,
      ["export", folder["run/checkpoint.safetensors"], "-o", folder["made.thimble"], "--calibrate", "16"] + many,
      ["sample", folder["made.thimble"], "--grid", "4x4", "-o", folder["grid.png"]] + many,
    ] {
      let outcome = try Running(
        "/usr/bin/env", ["timeout", "60", Program.path] + arguments, environment: environment
      ).outcome()
      #expect(outcome.status == 0, "\(arguments): \(outcome.status) \(outcome.errors)")
    }
    try done(["train", made.recipe, "--data", folder["set.safetensors"], "--outdir", folder["other"]])
    #expect(sameBytes(folder["run/checkpoint.safetensors"], folder["other/checkpoint.safetensors"]))
    try done(["sample", folder["made.thimble"], "--grid", "4x4", "-o", folder["again.png"]])
    #expect(sameBytes(folder["grid.png"], folder["again.png"]))
  }

  /// Whether this process may hide /proc from another one.
  private static let mayHide: Bool =
    (try? Running("/usr/bin/env", hidden + ["/bin/true"]).outcome().status) == 0
  private static let hidden = [
    "unshare", geteuid() == 0 ? "-m" : "-rm", "/bin/sh", "-c", "mount -t tmpfs none /proc && exec \"$0\" \"$@\"",
  ]

  /// Catches: a command line that is read from /proc/self/cmdline: without it, every command printed help and ended well.
  @Test(.enabled(if: mayHide, "this process may make no name space of mounts")) func proc() throws {
    func withoutProc(_ arguments: [String]) throws -> Outcome {
      try Running("/usr/bin/env", Self.hidden + [Program.path] + arguments).outcome()
    }
    let packed = folder.write("images.idx", bytes(of: made.idx))
    #expect(try Running("/usr/bin/env", ["gzip", packed]).outcome().status == 0)
    for arguments in [
      ["dataset", "pack", packed + ".gz", "-o", folder["set.safetensors"], "--size", "16"],
      ["train", made.recipe, "--data", folder["set.safetensors"], "--outdir", folder["run"], "--steps", "4"],
      ["export", folder["run/checkpoint.safetensors"], "-o", folder["made.thimble"], "--calibrate", "16"],
      ["sample", folder["made.thimble"], "1", "-o", folder["one.png"]],
    ] {
      let outcome = try withoutProc(arguments)
      #expect(outcome.status == 0, "\(arguments): \(outcome.errors)")
    }
    #expect(exists(folder["one.png"]))
    #expect(try withoutProc(["--version"]).text == done(["--version"]).text)
    expectRefusal(try withoutProc(["sample", folder["none"], "1", "--raw"]), 66, file: folder["none"])
    #expect(try withoutProc(["sample", "--no-such-option"]).status == 64)
  }
}
