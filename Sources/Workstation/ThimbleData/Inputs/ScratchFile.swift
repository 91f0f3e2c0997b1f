import CZlib
import Glibc
import ThimbleStorage

/// A nameless temporary file beside the output: it is gone with the process, however that ends.
final class ScratchFile {
  private let descriptor: Int32
  private let file: String

  /// - Parameters:
  ///   - folder: Where there is room for it.
  ///   - file: The file that errors name.
  init(folder: String, for file: String) throws(FileError) {
    var template = Array("\(folder)/.thimble-XXXXXX".utf8CString)
    descriptor = unsafe mkstemp(&template)
    self.file = file
    guard descriptor >= 0 else {
      throw .system(.cannotWrite, file: folder, call: "create", wanted: "room for temporary files", errno: errno)
    }
    unsafe unlink(template)
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
  }

  func append(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
    var done = 0
    while done < bytes.count {
      let count = unsafe write(descriptor, bytes.baseAddress! + done, bytes.count - done)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else {
        throw .system(.inputOutput, file: file, call: "write", wanted: "room for temporary files", errno: errno)
      }
      done += count
    }
  }

  /// A mapping of all that was appended; it outlives this object.
  func mapped() throws(FileError) -> MappedFile {
    let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
    guard copy >= 0 else {
      throw .system(.inputOutput, file: file, call: "open", wanted: "room for temporary files", errno: errno)
    }
    return try MappedFile(taking: copy, path: file)
  }

  deinit { close(descriptor) }
}

/// Reads a gzip file.
enum Gzip {
  /// Whether these are the first bytes of one.
  static func isGzip(_ bytes: UnsafeRawBufferPointer) -> Bool { unsafe bytes.starts(with: [0x1f, 0x8b]) }

  /// The first bytes of what is in the file at `path`, as many as there are up to `byteCount`; nil if it is damaged.
  static func start(path: String, byteCount: Int) throws(FileError) -> [UInt8]? {
    guard let stream = unsafe gzopen(path, "rb") else {
      throw .system(.inputOutput, file: path, call: "open", wanted: "a file that can be read", errno: errno)
    }
    defer { unsafe gzclose_r(stream) }
    var bytes = [UInt8](repeating: 0, count: byteCount)
    let count = unsafe gzread(stream, &bytes, UInt32(byteCount))
    return count < 0 ? nil : Array(bytes[..<Int(count)])
  }

  /// Unpacks the file at `path` into a scratch file, at most `limit(first 64 KB)` bytes of it; throws what `limit` throws,
  /// and `badData` if the file is damaged, ends early, or holds more.
  static func unpacked(
    path: String, scratchFolder: String, limit: (UnsafeRawBufferPointer) throws(FileError) -> Int
  ) throws(FileError) -> MappedFile {
    guard let stream = unsafe gzopen(path, "rb") else {
      throw .system(.inputOutput, file: path, call: "open", wanted: "a file that can be read", errno: errno)
    }
    defer { unsafe gzclose_r(stream) }
    let scratch = try ScratchFile(folder: scratchFolder, for: path)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
    defer { unsafe buffer.deallocate() }
    var (total, wanted) = (0, Int?.none)
    while true {
      let count = unsafe Int(gzread(stream, buffer.baseAddress, UInt32(buffer.count)))
      try unsafe check(stream, count, path)
      let bytes = unsafe UnsafeRawBufferPointer(rebasing: buffer[..<count])
      if wanted == nil { wanted = try unsafe limit(bytes) }
      let end = wanted!
      total += count
      guard total <= end else {
        throw damaged(path, "more than \(end) bytes after unpacking", "the \(end) bytes that its header announces")
      }
      if count == 0 { return try scratch.mapped() }
      try unsafe scratch.append(bytes)
    }
  }

  private static func check(_ stream: gzFile, _ count: Int, _ path: String) throws(FileError) {
    var status: Int32 = Z_OK
    guard let text = unsafe gzerror(stream, &status), count < 0 || status != Z_OK else { return }
    guard status != Z_ERRNO else {
      throw .system(.inputOutput, file: path, call: "read", wanted: "a file that can be read", errno: errno)
    }
    let found = status == Z_BUF_ERROR ? "a file that ends early" : unsafe "\"\(String(cString: text))\""
    throw damaged(path, found, "a whole gzip file")
  }

  private static func damaged(_ path: String, _ found: String, _ wanted: String) -> FileError {
    FileError(
      .badData, file: path, field: "gzip", found: found, wanted: wanted, advice: "Copy or download the file again.")
  }
}
