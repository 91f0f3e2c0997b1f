import Foundation
import Testing

/// Words that no command takes, and the help that says what they take.
@Suite struct UsageTests {
  let made = Made.shared
  let folder = Folder()

  /// Catches: nonsense that is taken, or that does not end with 64.
  @Test(arguments: [
    ["nonsense"], ["--nonsense"], ["dataset", "nonsense"], ["sample"], ["export"], ["import"], ["inspect"], ["verify"],
    ["golden"], ["bundle"], ["inspect", "a", "b"], ["verify", "a", "b", "c"], ["import", "a", "b", "-o", "c"],
    ["export", "a", "b", "-o", "c"], ["golden", "a", "b", "-o", "c"], ["dataset", "info", "a", "b"],
    ["sample", "g", "1", "-o", "a", "--outdir", "b"], ["sample", "g", "--grid", "2x2", "--outdir", "b"],
    ["sample", "g", "--grid", "0x2"], ["sample", "g", "--grid", "2"], ["sample", "g", "--format", "gif"],
    ["sample", "g", "-o", "a.jpg"],
    ["sample", "g", "--format", "safetensors"], ["sample", "g", "--threads", "0"], ["golden", "g", "--seeds", "3-1"],
    ["golden", "g", "-o", "a"],
  ])
  func refusedWords(arguments: [String]) throws { try expectUsage(arguments) }

  /// Catches: seeds that are guessed at.
  @Test(arguments: ["nonsense", "-1", "1,", "5-3", "1-2-3", "0x10", "1.5", "0-9999999", "18446744073709551616"])
  func refusedSeeds(seeds: String) throws {
    try expectUsage(["sample", made.generator, "--seeds=" + seeds, "-o", folder["out.png"]])
    if !seeds.hasPrefix("-") { try expectUsage(["sample", made.generator, "1", seeds, "-o", folder["out.png"]]) }
    #expect(names(in: folder.path) == [])
  }

  /// Catches: seeds and latents at once, of which one would be passed over.
  @Test func seedsAndLatents() throws {
    let latents = folder.write("l.f32", [UInt8](repeating: 0, count: 400))
    try expectUsage(["sample", made.generator, "1", "--latents", latents, "-o", folder["out.png"]])
    try expectUsage(["sample", made.generator, "--seeds", "1", "--latents", latents, "-o", folder["out.png"]])
  }

  /// Catches: images that are left out of a grid in silence.
  @Test func smallGrid() throws {
    try expectUsage(["sample", made.generator, "0-4", "--grid", "2x2", "-o", folder["out.png"]])
    #expect(!exists(folder["out.png"]))
  }

  /// Catches: the largest seeds, which overflow somewhere.
  @Test func largestSeeds() throws {
    let last = "\(UInt64.max - 1)-\(UInt64.max)"
    #expect(try done(["sample", made.generator, last, "--raw"]).output.count == 2 * 256)
  }

  /// Catches: a help text that is missing, fails or goes to standard error.
  @Test(arguments: [
    [], ["dataset"], ["dataset", "pack"], ["dataset", "info"], ["dataset", "sheet"], ["train"], ["import"], ["export"],
    ["sample"], ["inspect"], ["verify"], ["golden"], ["bundle"], ["reproduce"],
  ])
  func help(command: [String]) throws {
    for arguments in [command + ["--help"], command + ["-h"], ["help"] + command] {
      let outcome = try done(arguments)
      #expect(outcome.text.contains("USAGE: thimble") && outcome.errors.isEmpty)
    }
  }

  /// Catches: a version that does not say what the contract promises.
  @Test func version() throws {
    let text = try done(["--version"]).text
    for word in ["thimble ", "format 1.2", "instruction sets portable", "in force "] { #expect(text.contains(word)) }
  }
}
