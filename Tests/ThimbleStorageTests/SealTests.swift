import Foundation
import Testing
import ThimbleStorage

/// Files with a seal: what may change in them, which is nothing.
@Suite struct SealTests {
  let folder = TemporaryFolder()
  var path: String { folder.path + "/file" }
  static let tensors: [(entry: SafetensorsWriter.Entry, bytes: [Float])] = [
    (.init("b", .f32, [2, 2]), [1, -2.5, .infinity, 0]), (.init("a", .f32, [3]), [7, 8, 9]),
  ]

  private func write(_ metadata: [String: String], _ tensors: [(entry: SafetensorsWriter.Entry, bytes: [Float])]) throws
  {
    var writer = try SafetensorsWriter(path: path, metadata: metadata, entries: tensors.map(\.entry))
    for tensor in tensors { try writer.append(tensor.bytes) }
    try writer.commit()
  }

  private func verify() throws { try SafetensorsFile(path: path).verifySeal(required: true) }

  /// The digests by Python's hashlib, of struct.pack("<7f") of the numbers of a, then b, and of json.dumps(..., sort_keys=True,
  /// separators=(",", ":"), ensure_ascii=False) of what the seal is defined by. Catches another definition than that.
  @Test func asDefined() throws {
    let sealed = Seal.sealed(["z": "\"é", "seal": "old", "digest": "old"], Self.tensors)
    #expect(sealed["digest"] == "79f21b3c3d1f9cf59ae8ef11bb48bc38ef1b0d4360b75936b8fb80e63ac40480")
    #expect(sealed["seal"] == "9e294185db0eec034d4d7e79fdc8fab76ae20812610fdb628ae01d8270070c20")
    try write(sealed, Self.tensors)
    try verify()
  }

  /// Catches: any one bit of a file that may flip.
  @Test func everyBit() throws {
    try write(Seal.sealed(["format": "x 1", "name": "y"], Self.tensors), Self.tensors)
    let whole = bytes(of: path)
    let descriptor = open(path, O_WRONLY)
    defer { close(descriptor) }
    for at in whole.indices {
      for bit in 0..<8 {
        var byte = whole[at] ^ 1 << bit
        #expect(pwrite(descriptor, &byte, 1, off_t(at)) == 1)
        #expect(throws: FileError.self, "bit \(bit) of byte \(at)") { try verify() }
      }
      var byte = whole[at]
      #expect(pwrite(descriptor, &byte, 1, off_t(at)) == 1)
    }
    #expect(bytes(of: path) == whole)
    for count in whole.indices {
      folder.write("file", Array(whole[..<count]))
      #expect(throws: FileError.self, "\(count) bytes") { try verify() }
    }
    folder.write("file", whole)
    try verify()
  }

  /// Catches: a file that another program wrote anew, with the tensors in another order, and that is taken for a damaged one.
  @Test func otherOrder() throws {
    try write(Seal.sealed(["name": "y"], Self.tensors), Self.tensors.reversed())
    try verify()
  }

  /// Catches: content that was changed by somebody who kept the seal, a seal without a digest, and files without either.
  @Test func changedContent() throws {
    let sealed = Seal.sealed(["name": "y"], Self.tensors)
    var changes: [([String: String], [(entry: SafetensorsWriter.Entry, bytes: [Float])])] = [
      (sealed.merging(["name": "z"]) { $1 }, Self.tensors), (sealed.merging(["more": ""]) { $1 }, Self.tensors),
      (sealed.filter { $0.key != "name" }, Self.tensors), (sealed.filter { $0.key != "seal" }, Self.tensors),
      (sealed.filter { $0.key != "digest" }, Self.tensors), ([:], Self.tensors), (sealed, []),
    ]
    var tensors = Self.tensors
    tensors[0].entry.shape = [4]
    changes.append((sealed, tensors))
    tensors = Self.tensors
    tensors[0].entry.name = "c"
    changes.append((sealed, tensors))
    tensors = Self.tensors
    tensors[0].bytes.swapAt(0, 1)
    changes.append((sealed, tensors))
    for (metadata, tensors) in changes {
      try write(metadata, tensors)
      #expect(throws: FileError.self, "\(metadata) \(tensors)") { try verify() }
    }
    try write([:], Self.tensors)
    try SafetensorsFile(path: path).verifySeal(required: false)
  }

  /// Catches: a stamp that does not show a write, a cut or another time of writing, or that follows the name to another file.
  @Test func stamps() throws {
    folder.write("file", [1, 2, 3])
    let file = try MappedFile(path: path)
    #expect(try file.stamp() == file.openingStamp)
    usleep(20_000)
    let handle = try #require(FileHandle(forWritingAtPath: path))
    try handle.write(contentsOf: [9])
    #expect(try file.stamp().written != file.openingStamp.written)
    let second = try MappedFile(path: path)
    #expect(chmod(path, 0o600) == 0)
    #expect(try second.stamp().written == second.openingStamp.written)
    #expect(rename(folder.write("other", [1]), path) == 0)
    #expect(try second.stamp().size == 3)
    try handle.truncate(atOffset: 2)
    #expect(try second.stamp().size == 2)
  }
}
