import Glibc

/// A file that appears whole or not at all: written beside its place, synced, renamed. Dropped without `commit()`, it
/// leaves nothing.
public struct AtomicFile: ~Copyable {
  private let path: String
  private let temporaryPath: String
  private var descriptor: Int32

  /// Begins the file that will stand at `path`. Throws `cannotWrite` if the folder does not take it.
  public init(path: String) throws(FileError) {
    let temporary = "\(path).tmp-\(getpid())"
    let opened = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    guard opened >= 0 else {
      throw .system(.cannotWrite, file: path, call: "create", wanted: "a place to write", errno: errno)
    }
    self.path = path
    temporaryPath = temporary
    descriptor = opened
  }

  /// Appends bytes.
  public func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
    var rest = bytes
    while !rest.isEmpty {
      let count = Glibc.write(descriptor, rest.baseAddress, min(rest.count, 1 << 30))
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else {
        throw .system(.inputOutput, file: path, call: "write", wanted: "all bytes written", errno: errno)
      }
      rest = UnsafeRawBufferPointer(rebasing: rest[count...])
    }
  }

  /// Appends the UTF-8 bytes of a text.
  public func write(_ text: String) throws(FileError) {
    var text = text
    do {
      try text.withUTF8 { try write(UnsafeRawBufferPointer($0)) }
    } catch {
      throw error as! FileError
    }
  }

  /// Syncs the bytes, puts the file in its place and syncs the folder.
  public consuming func commit() throws(FileError) {
    guard fsync(descriptor) == 0 else {
      throw .system(.inputOutput, file: path, call: "fsync", wanted: "all bytes on the disk", errno: errno)
    }
    guard rename(temporaryPath, path) == 0 else {
      throw .system(.cannotWrite, file: path, call: "rename", wanted: "the file in its place", errno: errno)
    }
    close(descriptor)
    descriptor = -1
    syncFolder()
  }

  private func syncFolder() {
    let slash = path.lastIndex(of: "/")
    let folder = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    let folderDescriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if folderDescriptor >= 0 {
      fsync(folderDescriptor)
      close(folderDescriptor)
    }
  }

  deinit {
    if descriptor >= 0 {
      close(descriptor)
      unlink(temporaryPath)
    }
  }
}

extension AtomicFile {
  /// Writes a whole file in one call.
  public static func write(_ bytes: UnsafeRawBufferPointer, to path: String) throws(FileError) {
    let file = try AtomicFile(path: path)
    try file.write(bytes)
    try file.commit()
  }
}
