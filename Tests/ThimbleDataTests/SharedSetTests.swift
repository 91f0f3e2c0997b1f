import Testing
import ThimbleData

/// Real photographs, where they are at hand (see `Place.shared`); nothing of them is in the repository.
@Suite(.serialized, .enabled(if: Place.exists(Place.shared), "needs the shared image sets, THIMBLE_DATA"))
struct SharedSetTests {
  let folder = TemporaryFolder()

  struct Case: Sendable, CustomTestStringConvertible {
    var inputs: [String]
    var size: Int
    var count: Int
    var labelNames: Int?
    var testDescription: String { "\(inputs.joined(separator: " + ")), \(size)" }
  }

  @Test(arguments: [
    Case(inputs: ["faces64/faces64.tar"], size: 64, count: 17_469, labelNames: nil),
    Case(inputs: ["rooms64/bedroom.tar", "rooms64/living_room.tar"], size: 64, count: 10_000, labelNames: 2),
    Case(inputs: ["cifar10-train.tar"], size: 32, count: 50_000, labelNames: 10),
    Case(inputs: ["cifar10-test.tar"], size: 32, count: 10_000, labelNames: 10),
    Case(inputs: ["cifar10-test.tar"], size: 28, count: 10_000, labelNames: 10),
    Case(inputs: ["mnist/train-images-idx3-ubyte.gz", "mnist/t10k-images-idx3-ubyte.gz"], size: 32, count: 70_000),
  ])
  func packsWhole(example: Case) throws {
    let set = folder.path + "/set"
    let inputs = example.inputs.map { "\(Place.shared)/\($0)" }
    let clock = ContinuousClock()
    let start = clock.now
    let report = try DatasetPacker(size: example.size).pack(inputs, to: set)
    print("packed \(example.testDescription): \(clock.now - start)")
    #expect(report.shape[0] == example.count)
    #expect(report.leftOut.isEmpty)
    let dataset = try Dataset(path: set)
    #expect(dataset.labelNames?.count == example.labelNames)
    try dataset.verifyDigest()
  }

  @Test func facesTakeLabelsFromAColumn() throws {
    var packer = DatasetPacker(size: 8)
    packer.labels = "\(Place.shared)/faces64/attributes.csv"
    packer.labelColumn = "Smiling"
    _ = try packer.pack(["\(Place.shared)/faces64/faces64.tar"], to: folder.path + "/set")
    #expect(try DatasetInfo(path: folder.path + "/set").labels.map(\.label) == [-1, 1])
  }
}
