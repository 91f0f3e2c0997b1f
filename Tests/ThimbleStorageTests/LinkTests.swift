import Foundation
import Testing
import ThimbleStorage

/// Files that are written or read where a symbolic link stands.
@Suite struct LinkTests {
  let folder = TemporaryFolder()

  private func link(_ name: String, to target: String) -> String {
    symlink(target, "\(folder.path)/\(name)")
    return "\(folder.path)/\(name)"
  }

  /// Catches: a link that is replaced by a file while what it leads to stays as it was; a link that is read from the wrong folder.
  @Test(arguments: ["sub/file", "", "there"]) func writtenThrough(target: String) throws {
    mkdir(folder.path + "/sub", 0o777)
    for name in ["sub/file", "there"] { folder.write(name, Array("old".utf8)) }
    let absolute = target.isEmpty ? folder.path + "/there" : target
    let first = link("sub/first", to: target.isEmpty ? absolute : "../" + target)
    let second = link("second", to: "sub/first")
    try AtomicFile.write("new", to: second)
    #expect(SymbolicLink.target(of: first) != nil && SymbolicLink.target(of: second) == "sub/first")
    let place = target.hasPrefix("sub") ? "sub/file" : "there"
    #expect(bytes(of: "\(folder.path)/\(place)") == Array("new".utf8))
    #expect(folder.contents == ["second", "sub", "there"])
  }

  /// Catches: a link to nothing that is replaced, or a folder that is not there and not named.
  @Test func dangling() throws {
    let path = link("link", to: "target")
    try AtomicFile.checkFolder(of: path)
    try AtomicFile.write("new", to: path)
    #expect(SymbolicLink.target(of: path) == "target" && bytes(of: folder.path + "/target") == Array("new".utf8))
    let nowhere = link("nowhere", to: "none/target")
    let error = fileError { try AtomicFile.write("new", to: nowhere) }
    #expect(error?.kind == .cannotWrite && error?.file == nowhere)
    #expect(error?.wanted.contains("\(folder.path)/none/target, where this link leads") == true)
    #expect(fileError { try AtomicFile.checkFolder(of: nowhere) }?.kind == .cannotWrite)
  }

  /// Catches: a search without an end, or a link that is replaced since nothing was found behind it.
  @Test func circle() throws {
    let path = link("a", to: "b")
    _ = link("b", to: "a")
    let error = fileError { try AtomicFile.write("new", to: path) }
    #expect(error?.kind == .cannotWrite && error?.found.contains("symbolic links") == true)
    #expect(error?.advice.contains("circle") == true && folder.contents == ["a", "b"])
  }

  /// Catches: a run's file that is read or written through a link.
  @Test func refused() throws {
    let target = folder.write("private", Array("secret\n".utf8))
    for (name, to) in [("there", target), ("dangling", folder.path + "/none")] {
      let path = link(name, to: to)
      for error in [
        fileError { try AtomicFile.write("new", to: path, links: .refuse) },
        fileError { _ = try MappedFile(path: path, links: .refuse) },
        fileError { _ = try LineFile(path: path) { _ in true } },
      ] {
        #expect(error?.file == path && error?.found == "a symbolic link to \(to)", "\(name)")
      }
      #expect(SymbolicLink.target(of: path) == to)
    }
    #expect(bytes(of: target) == Array("secret\n".utf8) && folder.contents == ["dangling", "private", "there"])
  }

  /// Catches: whatever has `.tmp-` in its name and is removed: folders, links, others' files, files that are being written.
  @Test func abandoned() throws {
    let ended = Process()
    ended.executableURL = URL(fileURLWithPath: "/bin/true")
    try ended.run()
    ended.waitUntilExit()
    let (dead, parent) = (ended.processIdentifier, getppid())
    let gone = ["own.tmp-\(dead)-1", "own.tmp-\(dead)-12", "own.tmp-\(getpid())-3"]
    let kept = [
      "own", "own.tmp-", "own.tmp-backup", "own.tmp-\(dead)", "own.tmp-\(dead)-", "own.tmp-0\(dead)-1", "own.tmp--1-1",
      "own.tmp-\(dead)-1.txt", "other.tmp-\(dead)-1", "own.tmp-\(parent)-1", "own.tmp-0-1",
    ]
    for name in gone + kept { folder.write(name, [1]) }
    mkdir(folder.path + "/own.tmp-\(dead)-5", 0o777)
    folder.write("own.tmp-\(dead)-5/file", [1])
    _ = link("own.tmp-\(dead)-6", to: "own")
    AbandonedFiles.remove(from: folder.path) { $0 == "own" }
    #expect(folder.contents == (kept + ["own.tmp-\(dead)-5", "own.tmp-\(dead)-6"]).sorted())
    #expect(bytes(of: folder.path + "/own.tmp-\(dead)-5/file") == [1])
  }

  /// Catches: characters that let a name read as another one, in messages, comments and pages.
  @Test func printable() {
    for scalar in [0x061C, 0x200E, 0x200F, 0x202A, 0x202E, 0x2066, 0x2069, 0x2028, 0x2029, 0x1B, 0x9B, 0x0A, 0x7F] {
      let text = "a\(Unicode.Scalar(UInt32(scalar))!)b"
      #expect(FileError.printable(text) == "a?b", "\(scalar)")
      let error = FileError(.badData, file: text, field: text, found: text, wanted: text, advice: text)
      #expect(error.description == "a?b: a?b: found a?b, wanted a?b\na?b")
    }
    for text in ["é", "שלום", "日本", "👩‍🚀", "a b"] { #expect(FileError.printable(text) == text) }
  }
}
