import Foundation
import Testing
import ThimbleData
import ThimbleStorage

/// Every kind of PNG, JPEG, GIF and WebP against pixels that were computed by other programs (see Tests/Fixtures/images/README.md).
@Suite struct PackingImagesTests {
  let folder = TemporaryFolder()

  /// "FILE SIZE MODE BACKGROUND", as in expected.safetensors.
  static let expected = ["expected", "expected_gif_webp"].map {
    try! SafetensorsFile(path: "\(Place.fixtures)/\($0).safetensors")
  }
  static let cases = expected.flatMap(\.tensors.keys).sorted()

  @Test func casesAreThere() { #expect(Self.cases.count >= 101 + 38) }

  /// Catches a wrong pixel anywhere between the file and the set: decoding, orientation, alpha, grey, crop, resampling.
  /// Exact, JPEG included.
  @Test(arguments: cases)
  func pixelsAreTheExpectedOnes(name: String) throws {
    let words = name.split(separator: " ").map(String.init)
    let expected = try #require(Self.expected.compactMap { $0.tensors[name] }.first)
    var packer = DatasetPacker(size: Int(words[1])!)
    packer.grey = words[2] == "grey"
    packer.background = RGB(hexadecimal: words[3])!
    let set = folder.path + "/set.safetensors"
    _ = try packer.pack(["\(Place.fixtures)/\(words[0])"], to: set)
    let dataset = try Dataset(path: set)
    #expect(dataset.shape == [1] + expected.shape)
    let difference = zip(dataset.image(0), expected.bytes).map { abs(Int($0) - Int($1)) }.max()
    #expect(difference == 0)
  }

  /// Catches an archive whose names are misread: the labels and the order come from them.
  @Test(arguments: ["ustar", "ustar_prefix", "gnu", "gnu_long", "pax", "pax_long", "pax_wide"])
  func archivesOfAllKindsGiveTheSameSet(kind: String) throws {
    let set = folder.path + "/set.safetensors"
    let report = try DatasetPacker(size: 11).pack(["\(Place.fixtures)/archive_\(kind).tar"], to: set)
    #expect(report.leftOut.map(\.reason) == [.notPicture])  // a README
    let dataset = try Dataset(path: set)
    #expect(dataset.labels == [0, 0, 1])
    #expect(dataset.labelNames == ["cats", "dogs"])
    #expect(dataset.digest == (try folderOfTheSame()))
  }

  private func folderOfTheSame() throws -> String {
    for (name, file) in [("cats/1.png", "grey8.png"), ("cats/2.png", "rgb_444.jpg"), ("dogs/1.png", "rgb8.png")] {
      folder.write("animals/\(name)", bytes(of: "\(Place.fixtures)/\(file)"))
    }
    folder.write("animals/notes.txt", [65])
    return try DatasetPacker(size: 11).pack([folder.path + "/animals"], to: folder.path + "/other.safetensors").digest
  }

  /// Catches anything in the output that is not a function of the input.
  @Test func theSameInputGivesTheSameBytes() throws {
    let inputs = ["ustar", "gnu"].map { "\(Place.fixtures)/archive_\($0).tar" }
    for name in ["a", "b"] { _ = try DatasetPacker(size: 8).pack(inputs, to: "\(folder.path)/\(name)") }
    #expect(bytes(of: folder.path + "/a") == bytes(of: folder.path + "/b"))
    #expect(try Dataset(path: folder.path + "/a").source == "archive_ustar.tar, archive_gnu.tar")
  }

  /// Catches a decoder chosen by the file's name: an image without any extension counts, a text called .png is bad.
  @Test func contentDecidesNotTheName() throws {
    folder.write("in/image", bytes(of: "\(Place.fixtures)/rgb8.png"))
    folder.write("in/.hidden.png", [1])
    folder.write("in/table.csv", Array("a,b\n".utf8))
    let set = folder.path + "/set"
    let report = try DatasetPacker(size: 4).pack([folder.path + "/in"], to: set)
    #expect(report.shape == [1, 4, 4, 3])
    #expect(report.leftOut == [LeftOut(".hidden.png", .hidden), LeftOut("table.csv", .notPicture)])
    folder.write("in/text.png", Array("not an image".utf8))
    let error = fileError { _ = try DatasetPacker(size: 4).pack([folder.path + "/in"], to: set) }
    #expect(error?.kind == .badData)
    #expect(error?.found == "1 of 2 that cannot be read: text.png (not a picture of a known kind)")
    var lenient = DatasetPacker(size: 4)
    lenient.skipBad = true
    let second = try lenient.pack([folder.path + "/in"], to: set)
    #expect(second.leftOut.filter { $0.reason == .bad }.map(\.name) == ["text.png"])
    #expect(second.digest == report.digest)
    try Dataset(path: set).verifyDigest()
  }
}
