import Glibc

/// A file mapped read-only: its bytes are there as long as this object is, and are read from the disk as they are touched.
/// Nobody may shorten the file meanwhile: the kernel sends SIGBUS to a thread that touches missing bytes, and ends the process unless it
/// has a handler. Our own writers never shorten, they replace files: a mapping keeps the old one.
@safe package final class MappedFile: Sendable {
  /// The path it was opened by.
  package let path: String
  /// All bytes; empty for an empty file. Valid while the object lives, which is not to the end of a scope but to the last use
  /// of the object: keep it in a property, or write `defer { withExtendedLifetime(file) {} }`.
  package nonisolated(unsafe) let bytes: UnsafeRawBufferPointer
  /// As the file was when it was opened.
  package let openingStamp: FileStamp
  /// Kept open, since the path may name another file later.
  private let descriptor: Int32

  /// Maps the file at `path`. Throws `missing` if there is none, `inputOutput` if it cannot be read, `cannotWrite` where a link is
  /// refused.
  package init(path: String, links: LinkPolicy = .follow) throws(FileError) {
    // Without O_NONBLOCK, opening a pipe that nobody writes to would wait for ever.
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | (links == .refuse ? O_NOFOLLOW : 0))
    guard descriptor >= 0 else {
      if errno == ELOOP && links == .refuse { try SymbolicLink.refuse(path) }
      throw .system(
        errno == ENOENT || errno == ENOTDIR ? .missing : .inputOutput, file: path, call: "open",
        wanted: "a file that can be read", errno: errno)
    }
    var isKept = false
    defer { if !isKept { close(descriptor) } }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else {
      throw .system(.inputOutput, file: path, call: "fstat", wanted: "its size", errno: errno)
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw FileError(
        .badData, file: path, field: "kind of file",
        found: status.st_mode & S_IFMT == S_IFDIR ? "a folder" : "a device or a pipe", wanted: "a plain file",
        advice:
          "Name a file: for a run, its checkpoint.safetensors; for pictures, the set made by `thimble dataset pack`.")
    }
    self.path = path
    openingStamp = FileStamp(status)
    self.descriptor = descriptor
    if status.st_size == 0 {
      unsafe bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      isKept = true
      return
    }
    guard let start = unsafe mmap(nil, Int(status.st_size), PROT_READ, MAP_PRIVATE, descriptor, 0),
      unsafe start != MAP_FAILED
    else {
      throw .system(.inputOutput, file: path, call: "mmap", wanted: "a mapping", errno: errno)
    }
    unsafe bytes = UnsafeRawBufferPointer(start: start, count: Int(status.st_size))
    isKept = true
  }

  /// The present state of the mapped file, even if its path now names another file. Throws `inputOutput`.
  package func stamp() throws(FileError) -> FileStamp {
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else {
      throw .system(.inputOutput, file: path, call: "fstat", wanted: "its size and times", errno: errno)
    }
    return FileStamp(status)
  }

  /// A copy of all bytes.
  package func contents() -> [UInt8] { withExtendedLifetime(self) { unsafe Array(bytes) } }

  deinit {
    close(descriptor)
    if let start = unsafe bytes.baseAddress { unsafe munmap(UnsafeMutableRawPointer(mutating: start), bytes.count) }
  }
}
