import Foundation
import Testing

/// The board sampler and the system around it: places that cannot be written, full ones, little stack, its memory.
@Suite(.withBoardSampler) struct SamplerSystemTests {
  let made = Made.shared
  let folder = Folder()

  private func shell(_ script: String) throws -> Outcome {
    try Running("/bin/bash", ["-c", script, BoardSampler.path, made.generator, folder.path]).outcome()
  }

  /// Catches: an output that cannot be created and is told as another error, or not at all.
  @Test func unwritablePlaces() throws {
    let file = folder.write("file", "")
    for path in ["/proc/thimble", file + "/x", folder["none/x"], folder.path] {
      let outcome = try BoardSampler.run([made.generator, "--raw", "-o", path])
      expectRefusal(outcome, 73, file: path, saying: "create: found", by: "thimble-sample")
    }
    for path in ["/proc/thimble", file + "/x", file] {
      let outcome = try BoardSampler.run([made.generator, "--outdir", path])
      expectRefusal(outcome, 73, file: path, saying: "create folder: found", by: "thimble-sample")
    }
    #expect(names(in: folder.path) == ["file"])
  }

  /// Catches: an output that replaces the very file it was made from.
  @Test func outputThatIsTheInput() throws {
    let copy = folder.write("copy", bytes(of: made.generator))
    try BoardSampler.expectRefused([copy, "--raw", "-o", copy], 64, saying: "output: found the input")
    #expect(bytes(of: copy) == bytes(of: made.generator))
  }

  /// Catches: a full disk or a limit that is not noticed, or that leaves a part of the file.
  @Test func fullPlaces() throws {
    for device in ["-o /dev/full", "> /dev/full"] {
      let outcome = try shell("\"$0\" \"$1\" 0-99 --raw \(device)")
      expectRefusal(outcome, 74, saying: "write: found \"No space left on device\"", by: "thimble-sample")
    }
    expectRefusal(try shell("\"$0\" --help > /dev/full"), 74, saying: "standard output: write", by: "thimble-sample")
    let script = "ulimit -f 2; exec \"$0\" \"$1\" 0-63 --raw -o \"$2/out\""
    for before in [nil, "before"] as [String?] {
      if let before { folder.write("out", before) }
      expectRefusal(try shell(script), 74, file: folder["out"], saying: "File too large", by: "thimble-sample")
      #expect(names(in: folder.path) == (before == nil ? [] : ["out"]))
      #expect(before == nil || text(of: folder["out"]) == before)
    }
  }

  /// Catches: a reader that goes away and takes the program with it, without a word.
  @Test func readerThatGoesAway() throws {
    let outcome = try shell("\"$0\" \"$1\" 0-4095 --raw | head -c 10 >/dev/null; exit ${PIPESTATUS[0]}")
    expectRefusal(outcome, 74, file: "standard output", saying: "Broken pipe", by: "thimble-sample")
  }

  /// Catches: messages that nobody takes and that end the program before its work is done.
  @Test func nobodyTakesMessages() throws {
    #expect(try shell("\"$0\" \"$1\" 1 --raw -o \"$2/out\" 2>&-").status == 0)
    #expect(bytes(of: folder["out"]).count == 256)
    #expect(try shell("\"$0\" \"$2/none\" 2>/dev/full").status == 66)
  }

  /// Catches: a file left by a killed process that is taken over, or in the way.
  @Test func leftTemporaryFile() throws {
    let script = "echo left > \"$2/out.tmp-$$-1\"; exec \"$0\" \"$1\" 1 --raw -o \"$2/out\""
    #expect(try shell(script).status == 0)
    #expect(bytes(of: folder["out"]).count == 256 && names(in: folder.path).count == 2)
  }

  /// Catches: more stack than `--memory` tells, for the deepest calls: 32 KB, and what the kernel puts there itself.
  @Test func littleStack() throws {
    let latents = folder.write("l.safetensors", safetensors("latents", [1, 100], [Float](repeating: 0, count: 100)))
    for words in [
      "\"$1\" --grid 2x2 --format y4m", "\"$1\" --verify '\(made.golden)' --threads 3",
      "\"$1\" --latents '\(latents)' --raw",
      "\"$1\" --walk 1,2 --memory", "--help",
    ] {
      // The environment and the arguments may take a quarter of the limit.
      let outcome = try shell("ulimit -s 40; exec env -i \"$0\" \(words)")
      #expect(outcome.status == 0, "\(words): \(outcome.status) \(outcome.errors)")
    }
  }

  /// Catches: memory that grows with the number of images, or that is not told.
  @Test func memory() throws {
    func figures(_ arguments: [String]) throws -> [String: Int] {
      let lines = try BoardSampler.done([made.generator, "--memory"] + arguments).text.split(separator: "\n")
      return Dictionary(
        uniqueKeysWithValues: lines.map {
          let words = $0.split(separator: "  ", omittingEmptySubsequences: true)
          return (String(words[0]), Int(words[1].trimmingCharacters(in: .whitespaces))!)
        })
    }
    let one = try figures(["1"])
    #expect(one["model"] == bytes(of: made.generator).count)
    #expect(one["threads"] == 0)
    #expect(one["images"] == 256 + 256)
    let many = try figures(["0-9999"])
    #expect(many.filter { $0.key != "peak resident" } == one.filter { $0.key != "peak resident" })
    #expect(try #require(many["peak resident"]) <= (try #require(one["peak resident"])) + 4096)
    #expect(try figures(["1", "--threads", "3"])["threads"] == 2 << 16)
    // A row of a sheet: 34 lines of 8 images and their white lines.
    #expect(try figures(["--grid", "8x8"])["images"] == 256 + 256 + 34 * (8 * 34 + 2))
    let out = try BoardSampler.done([made.generator, "--memory", "--raw", "-o", folder["out"]])
    #expect(out.text.contains("arena") && bytes(of: folder["out"]).count == 256)
  }
}
