import Testing
import ThimbleData
import ThimbleStorage

@Suite struct DatasetTests {
  let folder = TemporaryFolder()
  var set: String { folder.path + "/set" }

  /// A set as another program would write it.
  private func write(
    _ metadata: [String: String] = [:], shape: [Int] = [3, 2, 2, 1], labels: [Int32]? = nil
  ) throws {
    var keys = ["format": "thimble-dataset 1", "digest": String(repeating: "0", count: 64), "name": "n", "source": "s"]
    keys.merge(metadata) { $1 }
    let entries = labels.map { [SafetensorsWriter.Entry("labels", .i32, [$0.count])] } ?? []
    var file = try SafetensorsWriter(path: set, metadata: keys, entries: [.init("images", .u8, shape)] + entries)
    try file.append([UInt8](0..<UInt8(shape.reduce(1, *))))
    if let labels { try file.append(labels) }
    try file.commit()
  }

  @Test func imagesAreWhereTheyShouldBe() throws {
    try write(["licence": "MIT", "labelNames": "[\"a\",\"b\"]"], labels: [1, 0, 1])
    let dataset = try Dataset(path: set)
    #expect(pixels(dataset, 2) == [8, 9, 10, 11])
    #expect(dataset.labels == [1, 0, 1])
    #expect(dataset.labelNames == ["a", "b"])
    #expect(dataset.licence == "MIT")
    #expect(fileError { try dataset.verifyDigest() }?.field == "digest")
    let info = try DatasetInfo(dataset)
    #expect(info.labels.map(\.count) == [1, 2])
    #expect(info.byteCount == bytes(of: set).count)
    #expect(info.description.contains("images    3, 2 x 2 pixels, grey"))
    #expect(info.description.contains("          1 b: 2"))
  }

  @Test func foreignAndWrongSets() throws {
    func field() -> String? { fileError { _ = try Dataset(path: set) }?.field }
    #expect(fileError { _ = try Dataset(path: set) }?.kind == .missing)
    try write(["format": "thimble-dataset 2"])
    #expect(field() == "format")
    try write(["digest": "ABC"])
    #expect(field() == "digest")
    try write(["labelNames": "[1]"])
    #expect(field() == "labelNames")
    try write(["labelNames": "[\"a\"]"], labels: [0, 0, 1])
    #expect(field() == "labels")
    try write(labels: [0, 1])
    #expect(field() == "labels")
    try write(shape: [2, 2, 2, 2])
    #expect(field() == "images")
    try write(shape: [0, 2, 2, 1])
    #expect(field() == "images")
    try write(shape: [2, 2, 2])
    #expect(field() == "images")
  }

  /// Python: sha256(b"2 2 2 1\n" + bytes([1, 2, 3, 4, 5, 6, 7, 8]) + bytes([7, 0, 0, 0, 9, 0, 0, 0])).
  @Test func theDigestIsThatOfTheDocumentation() throws {
    folder.write("t-images-idx3-ubyte", idx([2, 2, 2], Array(1...8)))
    folder.write("t-labels-idx1-ubyte", idx([2], [7, 9]))
    let report = try DatasetPacker(size: 2).pack([folder.path + "/t-images-idx3-ubyte"], to: set)
    #expect(report.digest == "fac53fb9e8bef1baa4050f392660683e6bd2d5d128daa9e980462cd2e508d70d")
    try Dataset(path: set).verifyDigest()
    folder.write("t-labels-idx1-ubyte", idx([3], [7, 9, 9]))
    let error = fileError { _ = try DatasetPacker(size: 2).pack([folder.path + "/t-images-idx3-ubyte"], to: set) }
    #expect(error?.found == "3 labels")
  }

  @Test func idxIsCroppedAndResampledLikeAnyImage() throws {
    let images = folder.write("images", idx([1, 2, 4], [9, 10, 20, 9, 9, 31, 40, 9]))
    _ = try DatasetPacker(size: 1).pack([images], to: set)
    #expect(try pixels(Dataset(path: set), 0) == [25])  // 101 / 4, to the nearest
    _ = try DatasetPacker(size: 4).pack([images, "\(Place.fixtures)/rgb8.png"], to: set)
    #expect(try Dataset(path: set).channels == 3)
    // Linear between centres: 10 + 10 * 0, 1/4, 3/4, 1; halves go up.
    #expect(try stride(from: 0, to: 12, by: 3).map { try pixels(Dataset(path: set), 0)[$0] } == [10, 13, 18, 20])
  }
}
