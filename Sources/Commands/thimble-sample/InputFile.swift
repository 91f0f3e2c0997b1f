import ThimbleFreestanding
import SamplerSupport

/// A plain file that is read from its beginning to its end, through a buffer: never more than that of it is in memory.
struct InputFile {
  /// As the user called it.
  let path: Path
  let byteCount: UInt64
  private let file: Int32
  private let room: UnsafeMutableRawBufferPointer
  private var held = 0
  private var at = 0

  /// Bytes that are read at once.
  static let bufferByteCount = 4096

  /// Opens a file. Throws `missing`, `inputOutput`, or `badData` for what is no plain file.
  @inline(never)
  init(_ path: Path, buffer: UnsafeMutableRawBufferPointer) throws(Refusal) {
    let opened = thimble_open(path)
    if opened < 0 {
      throw systemRefusal(Self.code(-opened), path, call: "open", wanted: "a file that can be read", -opened)
    }
    file = Int32(opened)
    var status = thimble_file()
    let looked = thimble_look_at(file, &status)
    if looked < 0 { throw systemRefusal(.inputOutput, path, call: "fstat", wanted: "its size", -looked) }
    try Self.requirePlain(status, path)
    (self.path, byteCount, room) = (path, status.byte_count, buffer)
  }

  /// What a file that cannot be opened ends with.
  static func code(_ number: Int) -> ExitCode {
    number == SystemError.missing || number == SystemError.notFolder ? .missing : .inputOutput
  }

  @inline(never)
  static func requirePlain(_ status: thimble_file, _ path: Path) throws(Refusal) {
    if status.is_plain != 0 { return }
    let found: StaticString = status.is_folder != 0 ? "a folder" : "a device or a pipe"
    throw refusal(
      .badData, "\(path: path): kind of file: found \(found), wanted a plain file", advice: "Name a file.")
  }

  /// Reads on from this offset.
  @inline(never)
  mutating func seek(_ offset: UInt64) throws(Refusal) {
    (held, at) = (0, 0)
    let result = thimble_seek(file, offset)
    if result < 0 { throw systemRefusal(.inputOutput, path, call: "lseek", wanted: "bytes further on", -result) }
  }

  /// The next byte; nil at the end.
  @inline(never)
  mutating func next() throws(Refusal) -> UInt8? {
    if at == held {
      (held, at) = (try read(room), 0)
      if held == 0 { return nil }
    }
    at += 1
    return room[at - 1]
  }

  /// The next byte. Throws `badData` if the file ends before it: its size says that it does not.
  @inline(never)
  mutating func byte() throws(Refusal) -> UInt8 {
    if let byte = try next() { return byte }
    throw refusal(
      .badData, "\(path: path): size: found fewer bytes than before, wanted \(byteCount)",
      advice: "Do not change the file meanwhile.")
  }

  private func read(_ bytes: UnsafeMutableRawBufferPointer) throws(Refusal) -> Int {
    while true {
      let count = thimble_read(file, bytes.baseAddress, bytes.count)
      if count >= 0 { return count }
      if count != -SystemError.interrupted {
        throw systemRefusal(.inputOutput, path, call: "read", wanted: "all bytes", -count)
      }
    }
  }
}
