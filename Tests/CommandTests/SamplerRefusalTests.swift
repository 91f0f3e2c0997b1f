import Foundation
import Testing

/// What the board sampler refuses: the same exit codes and messages as the workstation's command.
@Suite(.withBoardSampler) struct SamplerRefusalTests {
  let made = Made.shared
  let folder = Folder()

  /// Words, of which G stands for a generator, and a part of the message.
  static let badWords: [([String], String)] = [
    ([], "generator: found none"), (["--nonsense"], "option: found --nonsense"), (["-x"], "option: found -x"),
    (["--raw=1"], "option: found --raw=1"), (["G", "nonsense"], "seeds: found nonsense"), (["G", ""], "seeds: found "),
    (["G", "1,"], "seeds: found 1,"), (["G", "5-3"], "found 5-3"), (["G", "1-2-3"], "found 1-2-3"),
    (["G", "+5"], "+5"),
    (["G", "0-1048576"], "found 0-1048576"), (["G", "0-18446744073709551615"], "seeds: found"),
    (["G", "18446744073709551616"], "seeds: found"), (["G", "--", "--raw"], "seeds: found --raw"),
    (["G", "--seeds", "x"], "--seeds: found x"), (["G", "--seeds"], "--seeds: found nothing after it"),
    (["G", "--seeds", "--raw"], "--seeds: found nothing"), (["G", "--walk", "1"], "--walk: found one seed"),
    (["G", "--walk", "1,x"], "--walk: found 1,x"), (["G", "--frames", "3"], "--frames: found no --walk"),
    (["G", "--walk", "1,2", "--frames", "0"], "--frames: found 0, wanted a number from 1 to 32768"),
    (["G", "--walk", "1,2", "--frames", "32769"], "found 32769"),
    (["G", "1", "--walk", "1,2"], "images: found several"),
    (["G", "1", "--latents", "l"], "images: found several"), (["G", "--walk", "1,2", "--latents", "l"], "several"),
    (["G", "--grid", "0x2"], "--grid: found 0x2"), (["G", "--grid", "2"], "--grid: found 2"),
    (["G", "--grid", "2x257"], "--grid: found 2x257"), (["G", "--grid", "2x2x2"], "found 2x2x2"),
    (["G", "0-4", "--grid", "2x2"], "--grid: found room for 4 images, wanted 5"),
    (["G", "--threads", "0"], "--threads: found 0, wanted a number from 1 to 64"),
    (["G", "--threads", "65"], "found 65"),
    (["G", "--threads", "1.5"], "found 1.5"), (["G", "--format", "png"], "--format: found png"),
    (["G", "-o", "a.png"], "-o: found the ending .png"), (["G", "-o", "a.jpg"], "found the ending .jpg"),
    (["G", "-o", "a", "--outdir", "b"], "-o: found --outdir"),
    (["G", "--grid", "2x2", "--outdir", "b"], "--grid: found"),
    (["G", "--class", "3"], "--class: found 3, wanted no class"),
    (["G", "--memory", "-o", "-"], "--memory: found -o -"),
    (["G", "--verify", "g", "1"], "--verify: found options"), (["G", "--verify", "g", "--raw"], "--verify: found"),
    (["G", "\u{1B}[31m\u{7}"], "seeds: found ?[31m?, wanted"), (["G", "--\u{C2}\u{9B}31m"], "option: found --"),
  ]

  /// Catches: nonsense that is taken, or that is told without naming it.
  @Test(arguments: badWords) func words(arguments: [String], message: String) throws {
    let words = arguments.map { $0 == "G" ? made.generator : $0 }
    try BoardSampler.expectRefused(words, 64, saying: message)
    #expect(!(try BoardSampler.run(words).errors.contains("\u{1B}")))
  }

  /// Catches: a bad model that is told otherwise than by the workstation's command.
  @Test func generators() throws {
    let whole = bytes(of: made.generator)
    var flipped = whole
    flipped[700] ^= 1
    let cases: [(String, Int32, String)] = [
      (folder["none"], 66, "open: found \"No such file or directory\", wanted a .thimble file"),
      (folder["none/x"], 66, "open: found \"No such file or directory\""),
      (made.generator + "/x", 66, "open: found \"Not a directory\""), (folder.path, 65, "kind of file: found a folder"),
      ("/dev/null", 65, "kind of file: found a device"),
      (folder.write("empty", []), 65, "size: found 0 bytes, wanted a .thimble file"),
      (folder.write("cut", Array(whole.dropLast())), 65, "file byte count: found"),
      (folder.write("flipped", flipped), 65, "CRC-32C: found"), (made.golden, 65, "magic: found"),
      (folder.sparse("oversized", byteCount: 1 << 31), 65, ": found"),
    ]
    for (path, status, message) in cases {
      try BoardSampler.expectRefused([path, "--raw"], status, saying: message)
    }
  }

  /// Catches: a set that is replaced in silence.
  @Test(arguments: ["bogus", "neon", "V3"]) func instructionSets(name: String) throws {
    try BoardSampler.expectRefused(
      [made.generator, "--raw"], 64, environment: ["THIMBLE_ISA": name], saying: "found \(name), wanted one of portable"
    )
  }

  /// Catches: images of 2 or 4 channels that are written as a picture of 3.
  @Test(arguments: [("003", 2), ("005", 4)]) func channels(name: String, channels: Int) throws {
    let generator = "\(Program.fixtures)/models/random-\(name).thimble"
    for arguments in [["--format", "ppm"], ["--format", "y4m"], ["--grid", "2x2", "--raw"]] {
      try BoardSampler.expectRefused([generator] + arguments, 64, saying: "channels: found \(channels)")
    }
  }

  /// Catches: a golden file that is read although it is none, or that verifies nothing.
  @Test func goldenFiles() throws {
    let digits = text(of: made.golden).prefix(64)
    let cases: [(String, String, Int)] = [
      ("empty", "", 1), ("blank", "\n\n", 3), ("cut", "\(digits.prefix(60))  0\n", 1), ("spaces", "\(digits) 0\n", 1),
      ("capitals", "\(digits.uppercased())  0\n", 1), ("seed", "\(digits)  -1\n", 1), ("none", "\(digits)  \n", 1),
      ("plus", "\(digits)  +1\n", 1), ("large", "\(digits)  18446744073709551616\n", 1), ("more", "\(digits)  1 \n", 1),
      ("later", "\(digits)  0\n\nnonsense\n", 3), ("return", "\(digits)  0\r\n", 1),
      ("control", "\u{1B}[31m\u{7}\n", 1),
      ("long", String(repeating: "0", count: 100_000), 1),
    ]
    for (name, text, line) in cases {
      let path = folder.write(name, text)
      try BoardSampler.expectRefused(
        [made.generator, "--verify", path], 65, saying: "\(path): line \(line): found ")
      expectRefusal(try run(["verify", made.generator, path]), 65, file: path, saying: ": line ")
    }
    let oversized = folder.sparse("oversized", byteCount: 1 << 28)
    try BoardSampler.expectRefused([made.generator, "--verify", oversized], 65, saying: "found too many bytes in all")
    try BoardSampler.expectRefused([made.generator, "--verify", folder["no"]], 66, saying: "open: found")
    try BoardSampler.expectRefused([made.generator, "--verify", made.generator], 65, saying: "line 1: found")
  }

  /// Catches: other pixels that verify; a count that is wrong; the last line without an end passed over.
  @Test func goldenMismatch() throws {
    var lines = text(of: made.golden).split(separator: "\n").map(String.init)
    lines[4] = lines[5].prefix(64) + "  4"
    lines[7] = lines[5].prefix(64) + "  7"
    let path = folder.write("wrong", lines.joined(separator: "\n"))
    let outcome = try BoardSampler.run([made.generator, "--verify", path])
    let wanted = lines[5].prefix(64)
    expectRefusal(
      outcome, 65, file: made.generator, saying: "pixels of seed 4: found ", by: "thimble-sample")
    #expect(outcome.errorLines.count == 2 && outcome.errorLines[0].hasSuffix(", wanted \(wanted)"))
    #expect(outcome.text.hasPrefix("\(made.generator): 6 of 8 images as in \(path) ("))
  }
}
