import Testing
import ThimbleData
import ThimbleStorage

@Suite struct LabelTests {
  let folder = TemporaryFolder()
  var set: String { folder.path + "/set" }

  init() {
    let image = bytes(of: "\(Place.fixtures)/rgb8.png")
    for name in ["b/2.png", "b/10.png", "a/x/1.png"] { folder.write("in/\(name)", image) }
    folder.write("flat/1.png", image)
  }

  private func labels(_ table: String, column: String? = nil, inputs: [String] = ["in"]) throws -> Dataset {
    var packer = DatasetPacker(size: 2)
    packer.labels = folder.write("labels.csv", table)
    packer.labelColumn = column
    _ = try packer.pack(inputs.map { "\(folder.path)/\($0)" }, to: set)
    return try Dataset(path: set)
  }

  /// The order is a/x/1.png, b/10.png, b/2.png.
  @Test func foldersAreLabels() throws {
    _ = try DatasetPacker(size: 2).pack([folder.path + "/in"], to: set)
    #expect(try Dataset(path: set).labels == [0, 1, 1])
    #expect(try Dataset(path: set).labelNames == ["a", "b"])
  }

  /// Catches labels from a folder that says nothing, and the loss of what several inputs say.
  @Test func oneFolderIsALabelOnlyBesideOthers() throws {
    _ = try DatasetPacker(size: 2).pack([folder.path + "/flat"], to: set)
    #expect(try Dataset(path: set).labels == nil)
    _ = try DatasetPacker(size: 2).pack(["flat", "in/a", "in"].map { "\(folder.path)/\($0)" }, to: set)
    #expect(try Dataset(path: set).labelNames == ["a", "b", "flat", "x"])
    #expect(try Dataset(path: set).labels == [2, 3, 0, 1, 1])
  }

  @Test(arguments: [
    "a/x/1.png,7\nb/2.png,-5\nb/10.png,6\n", "file,label\n1.png,7\n2.png,-5\n10.png,6",
    "1,7\r\n2,-5\r\n10,6\r\nother,9\r\n",
    "\u{feff}\"1.png\" , \"7\"\n2.png,-5\n10.png,6\n10.png,6",
  ])
  func tablesNameImagesInSeveralWays(table: String) throws {
    let dataset = try labels(table)
    #expect(dataset.labels == [7, 6, -5])
    #expect(dataset.labelNames == nil)
  }

  @Test func tablesWithNames() throws {
    let dataset = try labels("1.png,\"a \"\"big\"\", red one\"\n2.png,3\n10.png,blue")
    #expect(dataset.labelNames == ["3", "a \"big\", red one", "blue"])
    #expect(dataset.labels == [1, 2, 0])
    let wide = try labels("image,male,smiling\n1.png,1,-1\n2.png,-1,1\n10.png,1,1", column: "smiling")
    #expect(wide.labels == [-1, 1, 1])
  }

  @Test(arguments: [
    ("1.png,7\n2.png,5\n", "label of b/10.png", "none"),
    ("x,y\n", "names of pictures", "none of them; the last line says x"),
    ("1.png,7\n2.png,5\n10.png,3\n1.png,8\n", "line 4", "1.png again, with another label"),
    ("1.png,7,8\n2.png,5,6\n10.png,3,4\n", "columns", "several that could be the label: column 2, column 3"),
    ("1.png\n2.png\n10.png\n", "columns", "only the names of pictures"),
    ("\"1.png,7\n", "line 1", "a quote that does not end"), ("", "lines", "none"),
  ])
  func badTables(table: String, field: String, found: String) throws {
    let error = fileError { _ = try labels(table) }
    #expect(error?.kind == .badData && error?.field == field && error?.found == found)
    #expect(folder.contents == ["flat", "in", "labels.csv"])
  }

  /// Catches: a table by which the first images of two files have the same label.
  @Test func numbersCountOverAllFiles() throws {
    for name in ["one", "two"] { folder.write(name, idx([2, 2, 2], [UInt8](repeating: 9, count: 8))) }
    #expect(try labels("0,10\n1,11\n2,12\n3,13", inputs: ["one", "two"]).labels == [10, 11, 12, 13])
  }

  /// Catches: two images that get one line's label since they have one name.
  @Test func namesOfSeveralImages() throws {
    let error = fileError { _ = try labels("1.png,7\n2.png,1\n10.png,2", inputs: ["in", "flat"]) }
    #expect(error?.found == "1.png, the name of several pictures")
  }

  /// Catches: labels that all images lose by one beside the folders, without a word of it.
  @Test func anImageBesideTheFolders() throws {
    folder.write("in/alone.png", bytes(of: "\(Place.fixtures)/rgb8.png"))
    let report = try DatasetPacker(size: 2).pack([folder.path + "/in"], to: set)
    #expect("\(report)".contains("without labels, because alone.png has none"))
  }

  @Test func columnsThatAreNotThere() throws {
    #expect(fileError { _ = try labels("image,male\n1.png,1", column: "age") }?.found == "no column \"age\"")
    #expect(fileError { _ = try labels("image,male\n1.png,1\n2.png\n10.png,1", column: "male") }?.field == "line 3")
  }
}
