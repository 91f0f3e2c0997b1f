import Foundation
import Testing
import ThimbleData
import ThimbleStorage

/// What people hand to `dataset pack`: links, hidden files, archives of all kinds, other pictures, folders that are no classes.
@Suite struct FieldTests {
  let folder = TemporaryFolder()
  var set: String { folder.path + "/set" }
  let picture = bytes(of: "\(Place.fixtures)/rgb8.png")

  private func pack(_ inputs: String..., skipBad: Bool = false, report: String? = nil) throws -> PackingReport {
    var packer = DatasetPacker(size: 4)
    packer.skipBad = skipBad
    packer.report = report
    return try packer.pack(inputs.map { "\(folder.path)/\($0)" }, to: set)
  }

  private func link(_ name: String, to target: String) {
    try! FileManager.default.createSymbolicLink(atPath: "\(folder.path)/\(name)", withDestinationPath: target)
  }

  /// Runs a program of the system in the folder.
  private func run(_ program: String, _ arguments: String...) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [program] + arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "\(program) \(arguments)")
  }

  /// Catches: a class that is lost because its folder is a link.
  @Test func linksToFoldersAreFollowed() throws {
    folder.write("elsewhere/1.png", picture)
    folder.write("elsewhere/2.png", picture)
    folder.write("in/cow/1.png", picture)
    link("in/cat", to: "../elsewhere")
    let report = try pack("in")
    #expect(report.groups == [.init(name: "cat", count: 2), .init(name: "cow", count: 1)])
    #expect(report.leftOut.isEmpty)
  }

  /// Catches: a loop that is followed for ever, a folder that is read twice, a dead link that stops the command or is not told.
  @Test func linksThatLeadBackOrNowhere() throws {
    folder.write("in/a/1.png", picture)
    link("in/a/up", to: "..")
    link("in/again", to: "a")
    link("in/gone.png", to: "nothing")
    link("in/self", to: "self")
    let report = try pack("in")
    #expect(report.shape[0] == 1)
    #expect(
      report.leftOut == [
        LeftOut("a/up", .loop), LeftOut("again", .loop), LeftOut("gone.png", .brokenLink, detail: "to nothing"),
        LeftOut("self", .brokenLink, detail: "to self"),
      ])
  }

  /// Catches: a folder and an archive of the same tree that give different sets; links in archives that are lost.
  @Test(arguments: ["tar", "tar.gz"])
  func archivesGiveWhatTheirFolderGives(ending: String) throws {
    for name in ["a/1.png", "b/2.png", "a/.ipynb_checkpoints/1.png", ".git/x.png", "a/._1.png"] {
      folder.write("tree/\(name)", picture)
    }
    try run("ln", "tree/a/1.png", "tree/b/hard.png")
    link("tree/b/soft.png", to: "../a/1.png")
    link("tree/b/outside.png", to: "../../nothing.png")
    try run("tar", ending == "tar" ? "cf" : "czf", "t.\(ending)", "tree")
    let (fromFolder, fromArchive) = (try pack("tree"), try pack("t.\(ending)"))
    #expect(fromFolder.digest == fromArchive.digest)
    #expect(fromFolder.groups == [.init(name: "a", count: 1), .init(name: "b", count: 3)])
    #expect(fromFolder.groups == fromArchive.groups)
    let names = fromFolder.leftOut.map(\.name)
    #expect(names == [".git", "a/._1.png", "a/.ipynb_checkpoints", "b/outside.png"])
    #expect(fromArchive.leftOut.map(\.name) == names.map { "tree/\($0)" })
    #expect(fromArchive.leftOut.map(\.reason) == fromFolder.leftOut.map(\.reason))
  }

  /// Catches: pictures behind the end of an archive that are lost in silence, and an archive that may be cut.
  @Test func archivesThatGoOnOrEndEarly() throws {
    folder.write("tree/1.png", picture)
    try run("tar", "cf", "one.tar", "tree")
    let one = bytes(of: folder.path + "/one.tar")
    folder.write("two.tar", one + one)
    #expect(fileError { _ = try pack("two.tar") }?.found == "more bytes after the end of the archive")
    let used = one.lastIndex { $0 != 0 }! / 512 * 512 + 512
    folder.write("cut.tar", Array(one[..<used]))
    #expect(try pack("cut.tar").notes.contains("cut.tar has no mark at its end: it may be cut"))
    #expect(!(try pack("one.tar").notes.contains { $0.contains("cut") }))
  }

  /// Catches: an archive that is called unknown bytes, or one in a folder that is passed over.
  @Test(arguments: [
    ([0x50, 0x4b, 3, 4] as [UInt8], "zip"), ([0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c], "7z"),
    ([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0], "xz"),
    ([0x28, 0xb5, 0x2f, 0xfd], "zstd"), (Array("BZh9".utf8), "bzip2"), (Array("Rar!".utf8), "rar"),
    ([4, 0x22, 0x4d, 0x18], "lz4"),
  ])
  func otherArchivesAreNamed(start: [UInt8], kind: String) throws {
    folder.write("in/x", start + [UInt8](repeating: 1, count: 40))
    let error = fileError { _ = try pack("in/x") }
    #expect(error?.found.contains(kind) == true && error?.advice.contains("npack") == true)
    folder.write("in/1.png", picture)
    #expect(try pack("in").leftOut.map(\.reason) == [.archive])
  }

  /// Catches: pictures of other kinds that are passed over as no pictures.
  @Test(arguments: [
    ("a.bmp", Array("BM".utf8) + [UInt8](repeating: 0, count: 12) + [40, 0, 0, 0], "BMP"),
    ("a", [0x49, 0x49, 0x2a, 0] as [UInt8], "TIFF"),
    ("a.HEIC", [0, 0, 0, 24] + Array("ftypheic".utf8), "HEIC"),
    ("a.jpg", [0, 0, 0, 24] + Array("ftypavif".utf8), "AVIF"),
    ("a.tga", [0, 0, 2], "TGA"), ("a.pgm", Array("P5 2 2".utf8), "PNM"), ("a.psd", Array("8BPS".utf8), "Photoshop"),
    ("a.png", Array("version https://git-lfs.github.com/spec/v1".utf8), "Git LFS"),
    ("a.jpg", Array("<!DOCTYPE html>".utf8), "web page"), ("a.gif", [], "an empty file"),
  ])
  func otherPicturesAreBadByName(name: String, content: [UInt8], kind: String) throws {
    folder.write("in/\(name)", content)
    folder.write("in/z.png", picture)
    let error = fileError { _ = try pack("in") }
    #expect(error?.found.hasPrefix("1 of 2 that cannot be read: \(name) (") == true)
    #expect(error?.found.contains(kind) == true)
    let report = try pack("in", skipBad: true, report: folder.path + "/report")
    #expect(report.shape[0] == 1 && report.leftOut.map(\.reason) == [.bad])
    #expect(
      String(decoding: bytes(of: folder.path + "/report"), as: UTF8.self).contains(
        "pictures that cannot be read\t\(name) ("))
  }

  /// Catches: a film or a text taken for a picture.
  @Test func whatIsNoPicture() {
    for content in [
      Array("BMxxxxxxxxxxxxxxxxxxxxx".utf8), [0, 0, 0, 24] + Array("ftypisom".utf8), Array("P5 is a text".utf8),
    ] {
      let isPicture = content.withUnsafeBytes { PictureKind($0) != nil }
      #expect(!isPicture, "\(String(decoding: content, as: UTF8.self))")
    }
  }

  /// Catches: a name, a permission or a pipe that stops the command or is left out in silence.
  @Test func filesThatCannotBeTaken() throws {
    folder.write("in/1.png", picture)
    try run("mkfifo", "in/2.png")
    #expect(try pack("in").leftOut == [LeftOut("2.png", .special)])
    let bad = [UInt8]("\(folder.path)/in/".utf8) + [0xe9] + [UInt8](".png".utf8) + [0]
    let descriptor = bad.withUnsafeBufferPointer {
      $0.withMemoryRebound(to: CChar.self) { open($0.baseAddress!, O_CREAT | O_WRONLY, 0o600) }
    }
    #expect(descriptor >= 0)
    close(descriptor)
    #expect(fileError { _ = try pack("in") }?.found.contains("a name that is not UTF-8") == true)
    #expect(try pack("in", skipBad: true).shape[0] == 1)
  }

  /// Catches: a picture that is its own class; folders for training that are classes, without a word.
  @Test func whatIsNoClass() throws {
    for name in ["in/1.png", "in/2.png", "parts/train/1.png", "parts/val/1.png"] { folder.write(name, picture) }
    #expect(try !pack("in/1.png", "in/2.png").isLabelled)
    #expect(try pack("parts").notes.contains { $0.contains("the classes are called train, val") })
    #expect(fileError { _ = try pack("in", "parts/../in") }?.found == "the same one twice")
    #expect(try pack("in").notes.contains("all pictures are equal"))
  }

  /// Catches: a summary that hides what was left out, or how many.
  @Test func theSummaryNamesTenAndCountsTheRest() throws {
    folder.write("in/1.png", picture)
    for number in 10..<22 { folder.write("in/\(number).txt", [65]) }
    let text = "\(try pack("in", report: folder.path + "/report"))"
    #expect(text.contains("left out, files that are not pictures: 12\n  10.txt\n"))
    #expect(text.contains("  19.txt\n  and 2 more\n") && !text.contains("20.txt"))
    let report = String(decoding: bytes(of: folder.path + "/report"), as: UTF8.self)
    #expect((10..<22).allSatisfy { report.contains("\t\($0).txt\n") })
  }

  /// Catches: label files under the names that some mirrors give, which are not found; labels taken for images.
  @Test(arguments: ["t-images.idx3-ubyte", "t-images-idx3-ubyte"])
  func labelFilesOfIDX(name: String) throws {
    folder.write(name, idx([2, 2, 2], [UInt8](repeating: 9, count: 8)))
    let labels = name.replacing("images", with: "labels").replacing("idx3", with: "idx1")
    #expect(try pack(name).notes.contains { $0.contains("no \(folder.path)/\(labels) beside it") })
    folder.write(labels, idx([2], [7, 3]))
    #expect(try pack(name).groups == [.init(name: "3", count: 1), .init(name: "7", count: 1)])
    #expect(fileError { _ = try pack(labels) }?.found.hasPrefix("labels") == true)
  }
}
