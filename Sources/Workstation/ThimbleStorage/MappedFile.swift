import Glibc
import Synchronization

/// A file mapped read-only: its bytes are there as long as this object is, and are read from the disk as they are touched.
/// Nobody may shorten the file meanwhile: the kernel sends SIGBUS to a thread that touches missing bytes, and ends the process unless it
/// has a handler. `MappedNames` knows the path until then. Our own writers never shorten, they replace files: a mapping keeps the old one.
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
  /// Where `MappedNames` has the path.
  private let nameSlot: Int?
  private let isWatched: Bool

  private static let changed = Mutex<[String]>([])
  /// The files that were written or cut while they were mapped, of those that are mapped no longer: what was made from them may be
  /// wrong.
  package static var changedPaths: [String] { changed.withLock { $0 } }

  /// Maps the file at `path`. Throws `missing` if there is none, `inputOutput` if it cannot be read, `cannotWrite` where a link is
  /// refused.
  /// - Parameter isWatched: whether a change of it is told at the end; not for files that this process writes itself.
  package convenience init(
    path: String, links: LinkPolicy = .follow, isWatched: Bool = true
  ) throws(FileError) {
    // Without O_NONBLOCK, opening a pipe that nobody writes to would wait for ever.
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | (links == .refuse ? O_NOFOLLOW : 0))
    guard descriptor >= 0 else {
      if errno == ELOOP && links == .refuse { try SymbolicLink.refuse(path) }
      throw .system(
        errno == ENOENT || errno == ENOTDIR ? .missing : .inputOutput, file: path, call: "open",
        wanted: "a file that can be read", errno: errno)
    }
    try self.init(taking: descriptor, path: path, isWatched: isWatched)
  }

  /// Maps a file that is open, and takes it over.
  /// - Parameter path: what errors call it.
  package init(taking descriptor: Int32, path: String, isWatched: Bool = false) throws(FileError) {
    self.isWatched = isWatched
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
      nameSlot = nil
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
    nameSlot = unsafe MappedNames.keep(bytes, path)
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

  /// Refuses a file that is no longer as it was opened. Missing bytes end the program only where whole pages are missing: what lacks of
  /// the last page reads as zeros, and what is written into the file is read as if it had been there.
  package func checkUnchanged() throws(FileError) {
    if try isChanged { throw Self.changedError(path) }
  }

  private var isChanged: Bool {
    get throws(FileError) {
      let now = try stamp()
      return now.size != openingStamp.size || now.written != openingStamp.written
    }
  }

  /// The error of a file that was changed meanwhile.
  package static func changedError(_ path: String) -> FileError {
    FileError(
      .inputOutput, file: path, field: "file", found: "another size or time than before",
      wanted: "the file unchanged since it was opened",
      advice: "What was made from it may be wrong. Put new files in place of old ones, and run the command again.")
  }

  /// A copy of all bytes. Throws `fault` where there is no memory for it.
  package func contents() throws(FileError) -> [UInt8] {
    try unsafe Room.check(bytes.count, for: "the whole file", file: path)
    return withExtendedLifetime(self) { unsafe Array(bytes) }
  }

  deinit {
    if isWatched, (try? isChanged) == true { Self.changed.withLock { $0.append(path) } }
    close(descriptor)
    MappedNames.drop(nameSlot)
    if let start = unsafe bytes.baseAddress { unsafe munmap(UnsafeMutableRawPointer(mutating: start), bytes.count) }
  }
}
