import Testing
import ThimbleData
import ThimbleStorage

/// Tables of labels as programs write them.
@Suite struct TableTests {
  let folder = TemporaryFolder()
  var set: String { folder.path + "/set" }

  init() {
    for name in ["a.png", "b.png", "c.png"] { folder.write("in/\(name)", bytes(of: "\(Place.fixtures)/rgb8.png")) }
  }

  private func labels(_ table: [UInt8], _ label: String? = nil, image: String? = nil) throws -> [String] {
    var packer = DatasetPacker(size: 2)
    packer.labels = folder.write("labels", table)
    packer.labelColumn = label
    packer.imageColumn = image
    _ = try packer.pack([folder.path + "/in"], to: set)
    let dataset = try Dataset(path: set)
    return dataset.labels!.map { label in dataset.labelNames.map { $0[Int(label)] } ?? "\(label)" }
  }

  private func labels(_ table: String, _ label: String? = nil, image: String? = nil) throws -> [String] {
    try labels(Array(table.utf8), label, image: image)
  }

  /// Catches: the numbers of lines taken for the places of pictures (pandas), other separators, other encodings, empty columns.
  @Test(arguments: [
    ",image,label\n0,c.png,x\n1,a.png,y\n2,b.png,z\n", "image;label\nc.png;x\na.png;y\nb.png;z",
    "image\tlabel\r\nc.png\tx\r\na.png\ty\r\nb.png\tz\r\n", "c.png   x\na.png y\nb.png  z\n",
    "image,label\rc.png,x\ra.png,y\rb.png,z\r", "c.png;x;;\na.png;y;;\nb.png;z;;",
    "label,image\nx,c.png\ny,a.png\nz,b.png", "C:\\data\\c.png,x\nC:\\data\\a.png,y\nC:\\data\\b.png,z",
    "/home/me/c.png,x\n/home/me/a.png,y\n./b.png,z", "c,x\na,y\nb,z", "d.png,w\nc.png,x\na.png,y\nb.png,z",
  ])
  func manyWaysToSayTheSame(table: String) throws {
    #expect(try labels(table) == ["y", "z", "x"])
  }

  @Test func spreadsheetsWriteUTF16() throws {
    let units = Array("image\tlabel\na.png\tä\nb.png\tx\nc.png\tx\n".utf16)
    #expect(try labels([0xff, 0xfe] + units.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }) == ["ä", "x", "x"])
    #expect(try labels([0xfe, 0xff] + units.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] }) == ["ä", "x", "x"])
    let error = fileError { _ = try labels(Array("a.png,".utf8) + [0xe4, 10]) }
    #expect(error?.found == "bytes that are not UTF-8")
  }

  /// Catches: CelebA's own list (a count, headings without the first column, several spaces).
  @Test func theListOfCelebA() throws {
    let list = "3\nSmiling Male\na.png  1 -1\nb.png -1  1\nc.png  1  1\n"
    #expect(try labels(list, "Male") == ["-1", "1", "1"])
    let error = fileError { _ = try labels(list) }
    #expect(error?.found == "several that could be the label: Smiling, Male")
    #expect(error?.advice.contains("--label-column") == true)
  }

  @Test func columnsByNumber() throws {
    #expect(try labels("a.png,1,x\nb.png,1,y\nc.png,1,z", "3") == ["x", "y", "z"])
    #expect(fileError { _ = try labels("a.png,1,x\nb.png,1,y\nc.png,1,z", "4") }?.found == "no column \"4\"")
    #expect(try labels("image,2\na.png,5\nb.png,6\nc.png,7", "2") == ["5", "6", "7"])
  }

  /// Catches: a table that can be read in two ways and is read in one of them.
  @Test func ambiguousTablesAreRefused() throws {
    let table = "x,y,label\na,b,1\nb,c,2\nc,a,3\n"
    let error = fileError { _ = try labels(table) }
    #expect(error?.found == "2 columns that name the pictures: x, y")
    #expect(try labels(table, "label", image: "y") == ["3", "1", "2"])
  }

  /// Catches: places in the order of packing where pictures have names.
  @Test func numbersNameNoFiles() throws {
    #expect(fileError { _ = try labels("0,x\n1,y\n2,z\n") }?.field == "names of pictures")
  }

  /// Catches: classes called NaN and "", and floats in the order of texts.
  @Test func whatSpreadsheetsDoToNumbers() throws {
    #expect(try labels("a.png,10.0\nb.png,2.0\nc.png,1\n") == ["10", "2", "1"])
    #expect(try labels("a.png,0.5\nb.png,2.0\nc.png,1\n") == ["0.5", "2.0", "1"])
    #expect(fileError { _ = try labels("a.png,1.0\nb.png,NaN\nc.png,2.0\n") }?.found == "NaN")
    #expect(try labels("a.png,yes\nb.png,none\nc.png,no\n") == ["yes", "none", "no"])
    #expect(fileError { _ = try labels("a.png,1\nb.png,\nc.png,2\n") }?.found == "an empty label")
  }

  @Test(arguments: [
    ("{\"labels\": []}", "JSON"), ("", "none"), ("\u{0}\u{1}", "zero bytes, so no text"),
    ("a.png,x\nb.png\nc.png,z", "1 column"),
    ("a.png\nb.png\nc.png\n", "only the names of pictures"),
  ])
  func whatIsNoTable(table: String, found: String) throws {
    #expect(fileError { _ = try labels(table) }?.found == found)
  }

  @Test func aFolderIsNoTable() throws {
    var packer = DatasetPacker(size: 2)
    packer.labels = folder.path + "/in"
    #expect(fileError { _ = try packer.pack([folder.path + "/in"], to: set) }?.found == "a folder")
  }

  /// Catches: lines for pictures that are not there, which nobody hears of.
  @Test func linesThatNameNothingAreTold() throws {
    var packer = DatasetPacker(size: 2)
    packer.labels = folder.write("labels", "a.png,1\nb.png,2\nc.png,3\nd.png,4\ne.png,5\n")
    let report = try packer.pack([folder.path + "/in"], to: set)
    #expect(report.notes.contains("2 lines of \(packer.labels!) name no picture here; the first is line 4: d.png"))
  }
}
