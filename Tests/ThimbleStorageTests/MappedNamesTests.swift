import Foundation
import Testing
import ThimbleStorage

@Suite struct MappedNamesTests {
  /// Catches: a fault in a mapped file that is told of another file, or of none; a name that stays when the mapping is gone.
  @Test func addressesHaveTheirFilesNames() throws {
    let folder = NSTemporaryDirectory() + "thimble-mapped-names-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var files: [MappedFile] = []
    for number in 0..<3 {
      let path = "\(folder)/\(number)\u{1B}"
      try Data(count: 10_000).write(to: URL(fileURLWithPath: path))
      files.append(try MappedFile(path: path))
    }
    func name(_ address: UnsafeRawPointer?) -> String? { MappedNames.name(at: address).map { String(cString: $0) } }
    for (number, file) in files.enumerated() {
      let start = file.bytes.baseAddress!
      #expect(name(start) == "\(folder)/\(number)?")
      #expect(name(start + 9_999) == "\(folder)/\(number)?")
      #expect(name(start + 10_000) == nil)
    }
    let gone = files[1].bytes.baseAddress!
    files.remove(at: 1)
    #expect(name(gone) == nil)
    #expect(name(files[1].bytes.baseAddress!) == "\(folder)/2?")
    #expect(name(nil) == nil)
    withExtendedLifetime(files) {}
  }

  /// Catches: a file that is written or cut after it was opened, and passes for the one of before; one that has got another name, which
  /// is refused.
  @Test func changedFiles() throws {
    let path = NSTemporaryDirectory() + "thimble-changed-\(UUID().uuidString)"
    try Data(count: 10_000).write(to: URL(fileURLWithPath: path))
    defer { for name in [path, path + "-other"] { try? FileManager.default.removeItem(atPath: name) } }
    let file = try MappedFile(path: path)
    try file.checkUnchanged()
    try FileManager.default.moveItem(atPath: path, toPath: path + "-other")
    try file.checkUnchanged()
    truncate(path + "-other", 9_999)
    #expect { try file.checkUnchanged() } throws: { ($0 as? FileError)?.kind == .inputOutput }
  }

  /// Catches: memory that a limit or the system does not give, and that is taken for there.
  @Test func roomIsRefused() throws {
    try Room.check(0, for: "nothing", file: "f")
    try Room.check(1 << 20, for: "little", file: "f")
    let limit = MemoryLimit(byteCount: 100 << 20, source: "a test has")
    try Room.check(89 << 20, for: "some", file: "f", limit: limit)
    #expect { try Room.check(91 << 20, for: "some", file: "f", limit: limit) } throws: { error in
      "\(error)".hasPrefix(
        "f: memory: found 91 MB for some, wanted at most nine tenths of the 100 MB that a test has\n")
        && (error as? FileError)?.kind == .fault
    }
    let endless = MemoryLimit(byteCount: .max, source: "a test has")
    #expect { try Room.check(1 << 60, for: "all", file: "f", limit: endless) } throws: { error in
      "\(error)".contains("wanted no more than the system gives")
    }
  }
}
