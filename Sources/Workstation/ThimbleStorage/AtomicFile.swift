import Glibc
import Synchronization

/// A file that appears whole or not at all: written beside its place, synced, renamed. Dropped without `commit()`, it
/// leaves nothing.
///
/// A device or a pipe (`/dev/stdout`, `/dev/null`) is written as it stands: to rename a file over it would replace it. A symbolic
/// link stays, and the file that it leads to is replaced.
package struct AtomicFile: ~Copyable {
  /// As the user called it.
  private let path: String
  /// Where the file will stand: `path`, or what that leads to.
  private let place: String
  /// Where the bytes go until they are committed; nil for a device.
  private let temporaryPath: String?
  private var descriptor: Int32
  /// Where the first byte goes: behind what an open file of another process holds.
  private let start: Int
  private let nameSlot: Int?

  private static let counter = Atomic<Int>(0)

  /// Begins the file that will stand at `path`. Throws `cannotWrite` if the folder does not take it, or where a link is refused.
  package init(path: String, links: LinkPolicy = .follow) throws(FileError) {
    // Without a name, the temporary file would land in the working folder.
    guard !path.isEmpty else { throw Self.refused(path, ENOENT) }
    if links == .refuse { try SymbolicLink.refuse(path) }
    let destination = try SymbolicLink.destination(of: path)
    let place = destination ?? path
    func refused(_ code: Int32) -> FileError { Self.refused(path, code, behindLink: place == path ? nil : place) }
    var status = stat()
    let kind = unsafe stat(path, &status) == 0 ? status.st_mode & S_IFMT : S_IFREG
    guard kind != S_IFDIR else { throw refused(EISDIR) }
    let isDevice = kind != S_IFREG || destination == nil
    // Two writers of one process, or a file left by a killed one, must not meet: hence the number, and O_EXCL.
    var (temporary, opened) = ("", Int32(-1))
    repeat {
      temporary = "\(place).tmp-\(getpid())-\(Self.counter.add(1, ordering: .relaxed).newValue)"
      opened =
        unsafe isDevice
        ? open(path, O_WRONLY | O_CLOEXEC) : open(temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    } while opened < 0 && errno == EEXIST
    guard opened >= 0 else { throw refused(errno) }
    self.path = path
    self.place = place
    temporaryPath = isDevice ? nil : temporary
    descriptor = opened
    start = isDevice && kind == S_IFREG ? max(0, Int(lseek(opened, 0, SEEK_END))) : 0
    nameSlot = temporaryPath.flatMap(TemporaryNames.keep)
  }

  private static func refused(_ path: String, _ code: Int32, behindLink place: String? = nil) -> FileError {
    .system(
      .cannotWrite, file: path, call: "create",
      wanted: "a file that can be written" + (place.map { " at \($0), where this link leads" } ?? ""), errno: code)
  }

  /// Appends bytes.
  package func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
    var rest = unsafe bytes
    while unsafe !rest.isEmpty {
      let count = unsafe Glibc.write(descriptor, rest.baseAddress, min(rest.count, 1 << 30))
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else {
        throw .system(.inputOutput, file: path, call: "write", wanted: "all bytes written", errno: errno)
      }
      unsafe rest = UnsafeRawBufferPointer(rebasing: rest[count...])
    }
  }

  /// Appends the UTF-8 bytes of a text.
  package func write(_ text: String) throws(FileError) {
    var text = text
    do {
      try text.withUTF8 { try unsafe write(UnsafeRawBufferPointer($0)) }
    } catch {
      throw error as! FileError
    }
  }

  /// Replaces bytes that were written before, from `offset` on.
  package func overwrite(at offset: Int, _ bytes: UnsafeRawBufferPointer) throws(FileError) {
    var done = 0
    while done < bytes.count {
      let count = unsafe pwrite(descriptor, bytes.baseAddress! + done, bytes.count - done, off_t(start + offset + done))
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else {
        throw .system(.inputOutput, file: path, call: "write", wanted: "all bytes written", errno: errno)
      }
      done += count
    }
  }

  /// Lets everybody run the file, also against the process's mask. A device is left as it is.
  package func makeExecutable() throws(FileError) {
    guard temporaryPath == nil || fchmod(descriptor, 0o755) == 0 else {
      throw .system(.cannotWrite, file: path, call: "fchmod", wanted: "a file that can be run", errno: errno)
    }
  }

  /// A mapping of all that is written so far.
  package func written() throws(FileError) -> MappedFile {
    try MappedFile(path: temporaryPath ?? path, isWatched: false)
  }

  /// Syncs the bytes, puts the file in its place and syncs the folder. When it returns, the file is there even after a loss of
  /// power, as far as the disk keeps its word. Throws `inputOutput` or `cannotWrite`; what stood in the place before then still
  /// does, unless it was the folder that could not be synced.
  package consuming func commit() throws(FileError) {
    if let temporaryPath {
      guard fsync(descriptor) == 0 else {
        throw .system(.inputOutput, file: path, call: "fsync", wanted: "all bytes on the disk", errno: errno)
      }
      guard unsafe rename(temporaryPath, place) == 0 else {
        throw .system(.cannotWrite, file: path, call: "rename", wanted: "the file renamed", errno: errno)
      }
      TemporaryNames.drop(nameSlot)
      try Self.syncFolder(of: place)
    }
    close(descriptor)
    descriptor = -1
  }

  /// Syncs the folder that a path lies in: the name is then on the disk. Folders that may not be opened, and file systems that
  /// sync none, are left alone.
  package static func syncFolder(of path: String) throws(FileError) {
    let folder = folder(of: path)
    let folderDescriptor = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folderDescriptor >= 0 else { return }
    defer { close(folderDescriptor) }
    guard fsync(folderDescriptor) != 0, errno != EINVAL, errno != EBADF, errno != EROFS, errno != ENOTSUP else {
      return
    }
    throw .system(.inputOutput, file: folder, call: "fsync", wanted: "the folder's names on the disk", errno: errno)
  }

  deinit {
    if descriptor >= 0 {
      close(descriptor)
      if let temporaryPath { unsafe unlink(temporaryPath) }
      TemporaryNames.drop(nameSlot)
    }
  }
}

extension AtomicFile {
  /// The folder that a path lies in.
  package static func folder(of path: String) -> String {
    path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
  }

  /// Refuses a path in a folder that is not there or takes no file: before the work whose result is written there.
  package static func checkFolder(of path: String) throws(FileError) {
    let folder = folder(of: try SymbolicLink.destination(of: path) ?? path)
    guard unsafe access(path, F_OK) != 0, unsafe access(folder, W_OK | X_OK) != 0 else { return }
    throw .system(.cannotWrite, file: path, call: "create", wanted: "a file that can be written", errno: errno)
  }

  /// Writes a whole file in one call.
  package static func write(_ bytes: UnsafeRawBufferPointer, to path: String) throws(FileError) {
    let file = try AtomicFile(path: path)
    try unsafe file.write(bytes)
    try file.commit()
  }

  /// The same with a text.
  package static func write(_ text: String, to path: String, links: LinkPolicy = .follow) throws(FileError) {
    let file = try AtomicFile(path: path, links: links)
    try file.write(text)
    try file.commit()
  }
}
