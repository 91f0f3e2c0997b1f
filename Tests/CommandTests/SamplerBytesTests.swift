import Foundation
import Testing

/// The board sampler writes what `thimble sample` writes, byte for byte.
@Suite(.withBoardSampler) struct SamplerBytesTests {
  let folder = Folder()

  /// Grey, and 1 to 4 channels; layers that overlap, are streamed, or have int4 weights.
  static let models =
    [Made.shared.generator, Program.root + "/weights/fashion28/generator.thimble"]
    + ["random-000", "random-003", "random-004", "random-005", "random-008", "plan-003", "int4-002"].map {
      "\(Program.fixtures)/models/\($0).thimble"
    }

  /// The latent length and the channels, as they stand in the header (format.md).
  private func shape(_ model: String) -> (latentLength: Int, channels: Int) {
    let header = bytes(of: model)
    return (Int(header[24]) + Int(header[25]) << 8, Int(header[40]))
  }

  private func writeLatents(_ length: Int) {
    var random = SeededNumbers(state: 5)
    let rows = (0..<5 * length).map { _ in Float.random(in: -3...3, using: &random) }
    folder.write("rows.f32", raw(rows))
    folder.write("rows.safetensors", safetensors("latents", [5, length], rows))
  }

  /// Which images, in what frame.
  private var choices: [[String]] {
    [
      [], ["1"], ["85", "265", "600-605"], ["--seeds", "3,7-9"], ["5", "--seeds", "6"], ["--seeds=6", "5", "5"],
      ["\(UInt64.max - 1)-\(UInt64.max)"], ["0-6", "--grid", "3x3"], ["--grid", "2x4"], ["--grid=1x1"],
      ["--latents", folder["rows.f32"]], ["--latents", folder["rows.safetensors"], "--grid", "5x1"],
      ["--walk", "1,2,3", "--frames", "4"], ["--walk", "9,5"], ["--walk", "9,5,9", "--frames", "1"],
      ["--walk", "1-3", "--frames=3", "--grid", "4x3"], ["--", "3", "4"],
    ]
  }

  private func expectSame(_ arguments: [String], threads: Int) throws {
    let wanted = try run(["sample"] + arguments)
    let found = try BoardSampler.run(["--threads", "\(threads)"] + arguments)
    #expect(found.status == wanted.status && found.output == wanted.output, "\(arguments): \(found.errors)")
  }

  /// Catches: an image, a header, a plane, a sheet or a step of a walk that differs; a share of threads that shows.
  @Test(arguments: models) func standardOutput(model: String) throws {
    writeLatents(shape(model).latentLength)
    for (index, choice) in choices.enumerated() {
      for format in ["raw", "ppm", "y4m"] {
        try expectSame(["--format", format, model] + choice, threads: index % 3 + 1)
      }
    }
  }

  /// Catches: folders made otherwise, names of files that differ, files left beside them.
  @Test(arguments: models) func folders(model: String) throws {
    let (length, channels) = shape(model)
    writeLatents(length)
    for choice in [["7", "85", "12345"], ["--latents", folder["rows.f32"]], ["--walk", "1,2", "--frames", "3"]] {
      for format in [1, 3].contains(channels) ? ["ppm", "y4m", "raw"] : ["raw"] {
        let words = [model] + choice + ["--format", format, "--outdir"]
        try done(["sample"] + words + [folder["a/deep"]])
        try BoardSampler.done(words + [folder["b/deep"]])
      }
    }
    let files = names(in: folder["a/deep"])
    #expect(names(in: folder["b/deep"]) == files && files.count == ([1, 3].contains(channels) ? 36 : 12))
    for file in files { #expect(bytes(of: folder["a/deep/" + file]) == bytes(of: folder["b/deep/" + file]), "\(file)") }
  }

  /// Catches: an ending that is taken for another format; an output that is not replaced as a whole.
  @Test(arguments: ["a.ppm", "a.PGM", "a.raw", "a.y4m", "a", ".raw", "a.b/c"]) func outputs(name: String) throws {
    folder.write("board/" + name, "former")
    let words = [Made.shared.generator, "1-3", "-o"]
    try BoardSampler.done(words + [folder["board/" + name]])
    let format = ["raw", "y4m"].first { name == "a." + $0 } ?? "ppm"
    let wanted = try done(["sample", "--format", format, "-o", "-", Made.shared.generator, "1-3"]).output
    #expect(bytes(of: folder["board/" + name]) == wanted)
    #expect(names(in: (folder["board/" + name] as NSString).deletingLastPathComponent).count == 1)
    #expect(try BoardSampler.done(["--raw", "-o", "-", Made.shared.generator]).output.count == 256)
  }

  /// Catches: an instruction set or a number of threads that computes other pixels than the golden files of the reference.
  @Test(arguments: SameBytesTests.models) func goldens(model: String) throws {
    let number = Int(model.suffix(3))!
    let set = SameBytesTests.sets[number % SameBytesTests.sets.count]
    let words = [model + ".thimble", "--verify", model + ".golden.txt", "--threads", "\(number % 4 + 1)"]
    let outcome = try BoardSampler.done(words, environment: ["THIMBLE_ISA": set])
    #expect(outcome.text.contains(" images as in \(model).golden.txt (\(set))"))
  }

  /// Catches: shipped weights that do not make their pictures here.
  @Test func shippedWeights() throws {
    let weights = Program.root + "/weights/"
    #expect(names(in: weights).count >= 5)
    for name in names(in: weights) {
      let words = [weights + name + "/generator.thimble", "--verify", weights + name + "/golden.txt"]
      #expect(try BoardSampler.done(words).text.contains(": 64 images as in "))
    }
  }

  /// Catches: loops of threads that lose a part, or wait for ever: many short loops, more threads than processors.
  @Test(arguments: [2, 3, 8, 64]) func manyLoops(threads: Int) throws {
    let words = [Made.shared.generator, "0-999", "--raw"]
    let found = try BoardSampler.done(words + ["--threads", "\(threads)"]).output
    #expect(found == (try BoardSampler.done(words).output))
  }

  /// Catches: a version, or a set in force, that is told otherwise than by the workstation's command.
  @Test func version() throws {
    for environment in [[:], ["THIMBLE_ISA": "portable"], ["THIMBLE_ISA": "bogus"]] {
      let lines = try BoardSampler.done(["--version"], environment: environment).text.split(separator: "\n")
      let wanted = try done(["--version"], environment: environment).text.split(separator: "\n")
      #expect(lines.dropFirst() == wanted.dropFirst() && lines.count == 4)
      #expect(lines[0].dropFirst("thimble-sample".count) == wanted[0].dropFirst("thimble".count))
    }
  }

  /// Catches: help that is missing, or that leaves out an option.
  @Test func help() throws {
    let text = try BoardSampler.done(["--help"]).text
    #expect(try BoardSampler.done(["-h"]).text == text)
    for word in [
      "--seeds", "--latents", "--walk", "--frames", "--grid", "--output", "--outdir", "--format", "--raw", "--threads",
      "--verify", "--memory", "--version", "THIMBLE_ISA", "Exit codes",
    ] { #expect(text.contains(word)) }
  }
}
