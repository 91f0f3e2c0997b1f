import Glibc

/// What the system says of a file's content without reading it: after a write, another stamp.
///
/// What it does not show: a write within the same tick of the clock (some milliseconds) as the stamp; more writes through
/// another program's writable mapping, before the system has written back the first; a file system that keeps no times.
package struct FileStamp: Equatable, Sendable {
  /// Bytes.
  package let size: Int
  /// When the content was last written, in nanoseconds of the system's clock. Programs can set it back.
  package let written: Int
  /// When the content, the times, the name or the permissions were last changed. Nobody can set it back.
  package let changed: Int

  init(_ status: stat) {
    func nanoseconds(_ time: timespec) -> Int { Int(time.tv_sec) &* 1_000_000_000 &+ Int(time.tv_nsec) }
    size = Int(status.st_size)
    written = nanoseconds(status.st_mtim)
    changed = nanoseconds(status.st_ctim)
  }
}
