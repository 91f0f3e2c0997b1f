import Foundation
import Testing
import ThimbleStorage

@Suite struct AtomicFileTests {
  let folder = TemporaryFolder()
  var path: String { folder.path + "/file" }

  @Test func nothingIsThereBeforeTheEnd() throws {
    folder.write("file", Array("old".utf8))
    let file = try AtomicFile(path: path)
    try file.write("new")
    #expect(bytes(of: path) == Array("old".utf8))
    try file.commit()
    #expect(bytes(of: path) == Array("new".utf8))
    #expect(folder.contents == ["file"])
  }

  @Test func whatIsDroppedLeavesNothing() throws {
    func drop() throws {
      let file = try AtomicFile(path: path)
      try file.write("half")
      #expect(folder.contents.count == 1)
    }
    try drop()
    #expect(folder.contents == [])
  }

  /// Catches two writers of one process that share a temporary file.
  @Test func twoWritersDoNotMeet() throws {
    let first = try AtomicFile(path: path)
    let second = try AtomicFile(path: path)
    try first.write("first")
    try second.write("second")
    try second.commit()
    try first.commit()
    #expect(bytes(of: path) == Array("first".utf8))
    #expect(folder.contents == ["file"])
  }

  @Test func placesThatCannotBeWritten() {
    for place in [folder.path, folder.path + "/none/file", "/dev/null/file", ""] {
      #expect(fileError { _ = try AtomicFile(path: place) }?.kind == .cannotWrite, "\(place)")
    }
    #expect(folder.contents == [])
  }

  @Test(.disabled(if: geteuid() == 0, "root may write everywhere")) func foldersWithoutPermission() {
    chmod(folder.path, 0o500)
    #expect(fileError { _ = try AtomicFile(path: path) }?.kind == .cannotWrite)
    chmod(folder.path, 0o700)
  }

  @Test func aFullDisk() {
    let error = fileError {
      let file = try AtomicFile(path: "/dev/full")
      try file.write("text")
      try file.commit()
    }
    #expect(error?.kind == .inputOutput)
    #expect(error?.advice.hasPrefix("Free some space") == true)
  }

  /// Catches the replacement of a device by a plain file, which root could do.
  @Test func devicesStayDevices() throws {
    let file = try AtomicFile(path: "/dev/null")
    try file.write("text")
    try file.commit()
    var status = stat()
    #expect(stat("/dev/null", &status) == 0 && status.st_mode & S_IFMT == S_IFCHR)
  }

  @Test func bytesAreOverwritten() throws {
    let file = try AtomicFile(path: path)
    try file.write("0123456789")
    try Array("ab".utf8).withUnsafeBytes { try file.overwrite(at: 3, $0) }
    try file.write("!")
    #expect(try file.written().bytes.count == 11)
    try file.commit()
    #expect(bytes(of: path) == Array("012ab56789!".utf8))
  }

  @Test func errorsAreTwoLinesWhateverTheNames() {
    let error = FileError(.badData, file: "a\u{1b}[2J\n", field: "f", found: "x\r", wanted: "y", advice: "Do\nthis.")
    #expect(error.description == "a?[2J?: f: found x?, wanted y\nDo?this.")
  }

  /// FIPS 180-4's example "abc".
  @Test func digestsAreHexadecimal() {
    let digest = Array("abc".utf8).withUnsafeBytes { Digest.hexadecimal($0) }
    #expect(digest == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
  }
}
