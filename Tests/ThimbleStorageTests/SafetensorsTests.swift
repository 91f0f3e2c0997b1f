import Foundation
import Testing
import ThimbleStorage

@Suite struct SafetensorsTests {
  let folder = TemporaryFolder()
  var path: String { folder.path + "/file" }

  /// A file of this header and this many bytes of data.
  private func write(_ header: String, data: Int = 0, length: Int? = nil) {
    let text = Array(header.utf8)
    folder.write(
      "file",
      withUnsafeBytes(of: UInt64(bitPattern: Int64(length ?? text.count)).littleEndian) { Array($0) }
        + text + [UInt8](repeating: 1, count: data))
  }

  private func field() -> String? {
    let error = fileError { _ = try SafetensorsFile(path: path) }
    #expect(error?.kind == .badData)
    return error?.field
  }

  private func writeExample() throws {
    let entries: [SafetensorsWriter.Entry] = [
      .init("b", .f32, [2, 2]), .init("a", .u8, [3]), .init("empty", .i64, [0, 5]),
    ]
    var file = try SafetensorsWriter(path: path, metadata: ["z": "\"\\\n\u{1}é", "a": "1"], entries: entries)
    try file.append([1, -2.5, .infinity, 0] as [Float])
    try file.append([7, 8] as [UInt8])
    try file.append([9] as [UInt8])
    try file.commit()
  }

  /// Catches: a file that its own reader refuses.
  @Test func headersThatAreNotReadAreNotWritten() throws {
    func write(_ length: Int) throws {
      let metadata = ["names": String(repeating: "/", count: length), "a": "b"]
      let writer = try SafetensorsWriter(path: path, metadata: metadata, entries: [])
      try writer.commit()
    }
    try write(1_040_000)
    #expect(try SafetensorsFile(path: path).metadata["a"] == "b")
    let error = fileError { try write(1_050_000) }
    #expect(error?.field == "header length" && error?.advice.contains("names takes 1050000 bytes") == true)
  }

  @Test func whatIsWrittenIsRead() throws {
    try writeExample()
    let file = try SafetensorsFile(path: path)
    #expect(file.metadata == ["z": "\"\\\n\u{1}é", "a": "1"])
    #expect(try file.tensor("b", .f32, shape: [2, nil]).floats() == [1, -2.5, .infinity, 0])
    #expect(try file.tensor("a", .u8).copied() == [7, 8, 9] as [UInt8])
    #expect(try file.tensor("empty", .i64).elementCount == 0)
    #expect(folder.contents == ["file"])
  }

  /// The bytes as the format's page has them: length, sorted JSON padded with spaces to 64 bytes, data.
  @Test func theHeaderIsSortedAndPadded() throws {
    var file = try SafetensorsWriter(path: path, metadata: ["b": "2", "a": "1"], entries: [.init("x", .u8, [1])])
    try file.append([5] as [UInt8])
    try file.commit()
    let text = #"{"__metadata__":{"a":"1","b":"2"},"x":{"data_offsets":[0,1],"dtype":"U8","shape":[1]}}"#
    let padded = text + String(repeating: " ", count: 120 - text.utf8.count)
    #expect(bytes(of: path) == [120, 0, 0, 0, 0, 0, 0, 0] + Array(padded.utf8) + [5])
  }

  @Test func wrongTensorsAreNamed() throws {
    try writeExample()
    let file = try SafetensorsFile(path: path)
    #expect(fileError { _ = try file.tensor("c", .f32) }?.found == "no such tensor")
    #expect(fileError { _ = try file.tensor("a", .f32) }?.found == "U8 [3]")
    #expect(fileError { _ = try file.tensor("b", .f32, shape: [2, 3]) }?.wanted == "F32 [2, 3]")
    #expect(fileError { _ = try file.tensor("b", .f32, shape: [4]) }?.wanted == "F32 [4]")
  }

  @Test func filesCutAtEveryLength() throws {
    try writeExample()
    let whole = bytes(of: path)
    for count in whole.indices {
      folder.write("file", Array(whole[..<count]))
      _ = field()
    }
    folder.write("file", whole + [0])
    #expect(field() == "size of the data")
  }

  /// Catches a crash on any one damaged byte.
  @Test func filesWithOneWrongByte() throws {
    try writeExample()
    let whole = bytes(of: path)
    #expect(whole.count > 100)
    for at in whole.indices {
      for value: UInt8 in [0x20, 0x39, 0xff, whole[at] ^ 1] {
        var damaged = whole
        damaged[at] = value
        folder.write("file", damaged)
        do throws(FileError) {
          let file = try SafetensorsFile(path: path)
          for tensor in file.tensors.values {
            #expect(tensor.bytes.count == tensor.elementCount * tensor.type.byteCount)
          }
        } catch {
          #expect(error.kind == .badData)
        }
      }
    }
  }

  @Test(arguments: [
    (#"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,3]}}"#, 3, "a: data_offsets"),
    (#"{"a":{"dtype":"U8","shape":[2],"data_offsets":[2,0]}}"#, 2, "a: data_offsets"),
    (#"{"a":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}"#, 2, "a: data_offsets"),
    (#"{"a":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}"#, 3, "a: data_offsets"),
    (#"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}"#, 3, "size of the data"),
    (
      #"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}"#, 3,
      "b: data_offsets"
    ),
    (#"{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}"#, 0, "a: shape"),
    (#"{"a":{"dtype":"U8","shape":[9223372036854775807,9223372036854775807],"data_offsets":[0,1]}}"#, 1, "a: shape"),
    (#"{"a":{"dtype":"U8","shape":[-2],"data_offsets":[0,2]}}"#, 2, "a: shape or data_offsets"),
    (#"{"a":{"dtype":"U8","shape":[2.0],"data_offsets":[0,2]}}"#, 2, "a: shape or data_offsets"),
    (#"{"a":{"dtype":"U8","shape":[true],"data_offsets":[0,1]}}"#, 1, "a: shape or data_offsets"),
    (#"{"a":{"dtype":"U8","shape":2,"data_offsets":[0,2]}}"#, 2, "a: shape or data_offsets"),
    (#"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,1,2]}}"#, 2, "a: shape or data_offsets"),
    (#"{"a":{"dtype":"U8","shape":[2]}}"#, 2, "a: shape or data_offsets"),
    (#"{"a":{"dtype":"F7","shape":[2],"data_offsets":[0,2]}}"#, 2, "a: dtype"), (#"{"a":{}}"#, 0, "a: dtype"),
    (#"{"a":1}"#, 0, "a"),
    (#"{"__metadata__":{"a":1}}"#, 0, "__metadata__"), (#"{"__metadata__":"a"}"#, 0, "__metadata__"),
    ("[]", 0, "header"),
    (
      #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#, 1,
      "header, byte 104"
    ),
    (#"{"a":{"dtype":"U8","shape":[99999999999999999999],"data_offsets":[0,2]}}"#, 2, "header, byte 48"),
    ("{} x", 0, "header, byte 3"), ("{", 0, "header length"), ("nonsense", 0, "header, byte 8"),
  ])
  func hostileHeaders(header: String, data: Int, expected: String) {
    write(header, data: data)
    #expect(field() == expected)
  }

  /// Catches a reader that runs out of stack.
  @Test func deepHeaders() {
    write(String(repeating: "[", count: 1_000_000))
    #expect(field() == "header, byte 16")
  }

  @Test func hostileLengths() {
    for length in [0, 1, 3, 1 << 40, -1, Int.max, Int.min] {
      write("{}", length: length)
      #expect(field() == "header length")
    }
    write("{}")
    #expect(throws: Never.self) { try SafetensorsFile(path: path) }
    folder.write("file", [])
    #expect(field() == "size")
    #expect(fileError { _ = try SafetensorsFile(path: folder.path + "/none") }?.kind == .missing)
    #expect(fileError { _ = try SafetensorsFile(path: folder.path + "/file/none") }?.kind == .missing)
    #expect(fileError { _ = try SafetensorsFile(path: folder.path) }?.found == "a folder")
    #expect(fileError { _ = try SafetensorsFile(path: "/dev/zero") }?.found == "a device or a pipe")
  }

  @Test func pipesAreNotWaitedFor() {
    mkfifo(path, 0o600)
    #expect(field() == "kind of file")
  }

  @Test func headersAreCorrectedInPlace() throws {
    var file = try SafetensorsWriter(
      path: path, metadata: ["digest": "0000"], entries: [.init("x", .u8, [1000]), .init("y", .u8, [1])])
    try file.append([1, 2, 3] as [UInt8])
    try file.correctHeader(metadata: ["digest": "abcd"], entries: [.init("x", .u8, [3]), .init("y", .u8, [1])])
    try file.append([4] as [UInt8])
    try file.commit()
    let read = try SafetensorsFile(path: path)
    #expect(read.metadata == ["digest": "abcd"])
    #expect(try read.tensor("x", .u8).copied() == [1, 2, 3] as [UInt8])
    #expect(try read.tensor("y", .u8).copied() == [4] as [UInt8])
  }
}
