import Glibc

/// A file that lines are appended to, itself and not what a link leads to. If a run is killed while it writes a line, the rest has no line end, or `keep` rejects it.
package final class LineFile {
  private let path: String
  private let descriptor: Int32

  /// Opens the file, keeping the lines for which `keep` holds.
  package init(path: String, keep: (Substring) -> Bool) throws(FileError) {
    self.path = path
    var status = stat()
    let isThere = unsafe lstat(path, &status) == 0
    let old = isThere ? String(decoding: try MappedFile(path: path, links: .refuse).contents(), as: UTF8.self) : ""
    let kept = old.split(separator: "\n").filter(keep).map { $0 + "\n" }.joined()
    try AtomicFile.write(kept, to: path, links: .refuse)
    descriptor = unsafe open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else {
      throw .system(.cannotWrite, file: path, call: "open", wanted: "a file to append to", errno: errno)
    }
  }

  /// Appends a line. Throws `inputOutput`; a part of the line may then be there.
  package func append(_ line: String) throws(FileError) {
    var rest = Array((line + "\n").utf8)[...]
    while !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else {
        throw .system(.inputOutput, file: path, call: "write", wanted: "a line appended", errno: errno)
      }
      rest = rest.dropFirst(count)
    }
  }

  /// Puts all lines on the disk. Throws `inputOutput`.
  package func sync() throws(FileError) {
    guard fsync(descriptor) != 0, errno != EINVAL, errno != EROFS else { return }
    throw .system(.inputOutput, file: path, call: "fsync", wanted: "all lines on the disk", errno: errno)
  }

  deinit { close(descriptor) }
}
