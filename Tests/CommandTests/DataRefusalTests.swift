import Foundation
import Testing

/// Bad input of `dataset pack` and bad sets: each is refused with its message and code, and leaves no file.
@Suite struct DataRefusalTests {
  let made = Made.shared
  let folder = Folder()
  static let images = Program.fixtures + "/images"

  private func pack(_ input: String, _ more: [String] = []) throws -> Outcome {
    let outcome = try run(["dataset", "pack", input, "-o", folder["set"], "--size", "16"] + more)
    if outcome.status != 0 { #expect(names(in: folder.path).filter { $0.hasPrefix("set") || $0.hasPrefix(".") } == []) }
    return outcome
  }

  /// Catches: an IDX file that is missing, cut, too long, of other elements, or that announces what it has not.
  @Test func badIDX() throws {
    let whole = Made.idxBytes()
    expectRefusal(try pack(folder["none.idx"]), 66, file: folder["none.idx"])
    for (name, bytes) in [
      ("empty", []), ("cut", Array(whole.dropLast())), ("long", whole + [0]), ("header", Array(whole[..<9])),
      ("floats", [0, 0, 13] + whole[3...]), ("labels", [0, 0, 8, 1, 0, 0, 0, 1, 7]),
      ("huge", [0, 0, 8, 3] + [UInt8](repeating: 255, count: 12)), ("foreign", Array("P6 1 1 255 abc".utf8)),
      ("zip", [0x50, 0x4B, 3, 4] + whole), ("gzip", [0x1F, 0x8B, 8, 0] + whole),
    ] {
      let path = folder.write("\(name).idx", bytes)
      expectRefusal(try pack(path), 65, file: path)
    }
  }

  /// Catches: a folder without images, or with bad ones, that is packed in silence; --skip-bad that keeps them.
  @Test func badImages() throws {
    try FileManager.default.createDirectory(atPath: folder["empty"], withIntermediateDirectories: true)
    expectRefusal(try pack(folder["empty"]), 65, file: folder["empty"], saying: "pictures: found none")
    folder.write("text/readme.txt", "no image")
    expectRefusal(try pack(folder["text"]), 65, file: folder["text"])
    for name in ["rgb8.png", "rgb_444.jpg"] {
      let whole = bytes(of: "\(Self.images)/\(name)")
      let ending = String(name.suffix(4))
      for (kind, bytes) in [("cut", Array(whole[..<(whole.count / 2)])), ("empty", []), ("foreign", [1, 2, 3])] {
        folder.write("bad-\(kind)\(ending)/a\(ending)", bytes)
        let outcome = try pack(folder["bad-\(kind)\(ending)"])
        expectRefusal(
          outcome, 65, file: folder["bad-\(kind)\(ending)"], saying: "1 of 1 that cannot be read: a\(ending)")
        folder.write("bad-\(kind)\(ending)/good\(ending)", whole)
        expectRefusal(try pack(folder["bad-\(kind)\(ending)"]), 65, saying: "1 of 2 that cannot be read")
        let kept = try run(
          ["dataset", "pack", folder["bad-\(kind)\(ending)"], "-o", folder["kept"], "--size", "16", "--skip-bad"])
        #expect(kept.status == 0 && kept.text.contains("packed 1 picture,") && kept.text.contains("cannot be read: 1"))
      }
    }
  }

  /// Catches: an archive that is cut or damaged and packed as far as it goes.
  @Test func badArchive() throws {
    let whole = bytes(of: "\(Self.images)/archive_pax.tar")
    var damaged = whole
    damaged[512 * 2 + 148] ^= 1
    for (name, bytes) in [("cut", Array(whole[..<700])), ("damaged", damaged)] {
      let path = folder.write("\(name).tar", bytes)
      let outcome = try pack(path)
      expectRefusal(outcome, 65)
    }
  }

  /// Catches: labels that are lost or mixed up instead of refused.
  @Test func badLabels() throws {
    expectRefusal(try pack(made.idx, ["--labels", folder["none.csv"]]), 66, file: folder["none.csv"])
    let table = folder.write("short.csv", "name,label\n0,a\n")
    expectRefusal(try pack(made.idx, ["--labels", table]), 65, file: table)
  }

  /// Catches: a size or a colour that is out of range, or a set that overwrites what it is made from.
  @Test func badOptions() throws {
    try expectUsage(["dataset", "pack", made.idx, "-o", folder["set"], "--size", "x"])
    try expectUsage(["dataset", "pack", made.idx, "--size", "16"])
    try expectUsage(["dataset", "pack", made.idx, "-o", folder["set"], "--size", "16", "--background", "white"])
    for size in ["0", "5000"] {
      expectRefusal(try run(["dataset", "pack", made.idx, "-o", folder["set"], "--size", size]), 64, saying: "size")
    }
    let path = folder.write("images.idx", Made.idxBytes())
    expectRefusal(try run(["dataset", "pack", path, "-o", path, "--size", "16"]), 64)
    #expect(bytes(of: path) == Made.idxBytes())
  }

  /// Catches: a set that is missing, cut, too long, of another kind or changed, and yet trained on.
  @Test func badSets() throws {
    let whole = bytes(of: made.set)
    var flipped = whole
    flipped[whole.count - 100] ^= 1
    let foreign = bytes(of: made.checkpoint)
    let header = [UInt8](repeating: 0xFF, count: 8) + whole[8...]
    expectRefusal(try run(["dataset", "info", folder["none"]]), 66, file: folder["none"])
    expectRefusal(try run(["dataset", "info", folder.path]), 65, file: folder.path)
    for (name, bytes) in [
      ("empty", []), ("cut", Array(whole.dropLast(9))), ("long", whole + [0]), ("foreign", foreign),
      ("idx", Made.idxBytes()), ("header", Array(header)), ("flipped", flipped),
    ] {
      let path = folder.write(name, bytes)
      if name != "flipped" {
        expectRefusal(try run(["dataset", "info", path]), 65, file: path)
        expectRefusal(try run(["dataset", "sheet", path, "-o", folder["sheet.png"]]), 65, file: path)
      }
      expectRefusal(try run(["train", made.recipe, "--data", path, "--outdir", folder["run"]]), 65, file: path)
      #expect(!exists(folder["run"]) && !exists(folder["sheet.png"]))
    }
  }
}
