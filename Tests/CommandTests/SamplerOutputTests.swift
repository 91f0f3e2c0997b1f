import Foundation
import Testing

/// Where the board sampler writes, and how it shows names.
@Suite(.withBoardSampler)
struct SamplerOutputTests {
  let made = Made.shared
  let folder = Folder()

  /// Catches: a link that is replaced by a file, or that is read from the wrong folder; links without an end.
  @Test func links() throws {
    let wanted = try BoardSampler.done([made.generator, "1", "--raw"]).output
    folder.write("sub/target.raw", "old")
    symlink("target.raw", folder["sub/first.raw"])
    for (name, target) in [("near.raw", "sub/first.raw"), ("far.raw", folder["sub/first.raw"])] {
      folder.write("sub/target.raw", "old")
      symlink(target, folder[name])
      try BoardSampler.done([made.generator, "1", "-o", folder[name]])
      #expect(bytes(of: folder["sub/target.raw"]) == wanted)
      #expect((try? FileManager.default.destinationOfSymbolicLink(atPath: folder[name])) == target)
    }
    symlink("new.raw", folder["dangling.raw"])
    try BoardSampler.done([made.generator, "1", "-o", folder["dangling.raw"]])
    #expect(bytes(of: folder["new.raw"]) == wanted)
    symlink("b.raw", folder["a.raw"])
    symlink("a.raw", folder["b.raw"])
    try BoardSampler.expectRefused(
      [made.generator, "1", "-o", folder["a.raw"]], 73, saying: "Too many levels of symbolic links")
    let all = ["a.raw", "b.raw", "dangling.raw", "far.raw", "near.raw", "new.raw", "sub"]
    #expect(names(in: folder.path) == all && names(in: folder["sub"]) == ["first.raw", "target.raw"])
    let shell = "'\(BoardSampler.path)' '\(made.generator)' 1 --raw -o /dev/stdout > '\(folder["out"])'"
    #expect(try Running("/bin/bash", ["-c", shell]).outcome().status == 0)
    #expect(bytes(of: folder["out"]) == wanted)
  }

  /// Catches: a file that is not what its name says.
  @Test(arguments: [
    ("raw", "ppm"), ("raw", "y4m"), ("ppm", "raw"), ("y4m", "ppm"), ("raw", "png"), ("ppm", "JPG"), ("raw", "thimble"),
  ]) func endings(format: String, ending: String) throws {
    try BoardSampler.expectRefused(
      [made.generator, "--format", format, "-o", folder["out." + ending]], 64, saying: "found the ending .\(ending)")
    #expect(names(in: folder.path) == [])
    for name in ["out." + format, "out", "out.x"] {
      try BoardSampler.done([made.generator, "--format", format, "-o", folder[name]])
    }
  }

  /// Catches: names that act on a terminal, or that read as others.
  @Test func hiddenCharacters() throws {
    for scalar in [0x1B, 0x85, 0x061C, 0x200E, 0x200F, 0x2028, 0x202E, 0x2066, 0x2069] {
      let name = "a\(Unicode.Scalar(UInt32(scalar))!)b"
      try BoardSampler.expectRefused([folder[name], "1", "--raw"], 66, saying: "/a?b: open")
    }
    for name in ["é", "שלום", "日本", "\u{200D}", "\u{2070}"] {
      try BoardSampler.expectRefused([folder[name], "1", "--raw"], 66, saying: "/\(name): open")
    }
  }
}
