import Glibc
import ThimbleStorage

/// The files of a folder and of the folders in it. Links are followed, to files and to folders; no folder is read twice. Names that begin
/// with a dot are left out.
struct ImageFolder {
  /// Paths relative to the folder, in no particular order.
  private(set) var files: [String] = []
  /// What is in the folder and not in `files`.
  private(set) var leftOut: [LeftOut] = []

  /// What tells two folders apart.
  private struct Identity: Hashable {
    var device: UInt
    var number: UInt

    init(_ status: stat) { (device, number) = (UInt(status.st_dev), UInt(status.st_ino)) }
  }

  private let folder: String
  private var seen: Set<Identity>
  /// Links to folders, which come after all real ones: whatever the order of names, the real ones are those that are read.
  private var links: [String] = []

  /// Lists `folder`. Throws if a folder cannot be read.
  init(_ folder: String) throws(FileError) {
    self.folder = folder
    var status = stat()
    guard unsafe stat(folder, &status) == 0 else {
      throw .system(.inputOutput, file: folder, call: "stat", wanted: "a folder", errno: errno)
    }
    seen = [Identity(status)]
    try read("")
    while let next = links.min(by: Path.precedes) {
      links.removeAll { $0 == next }
      try enter(next)
    }
  }

  /// Takes a folder, and the real folders in it. A link to one is kept for later.
  private mutating func read(_ top: String) throws(FileError) {
    var pending = [top]
    while let prefix = pending.popLast() {
      for name in try names(in: prefix) {
        let path = prefix + name
        if name.hasPrefix(".") {
          leftOut.append(LeftOut(path, .hidden))
          continue
        }
        var status = stat()
        guard unsafe stat("\(folder)/\(path)", &status) == 0 else {
          try takeBroken(path, errno)
          continue
        }
        switch status.st_mode & S_IFMT {
        case S_IFREG: files.append(path)
        case S_IFDIR:
          if try isLink(path) {
            links.append(path)
          } else if seen.insert(Identity(status)).inserted {
            pending.append(path + "/")
          } else {
            leftOut.append(LeftOut(path, .loop))
          }
        default: leftOut.append(LeftOut(path, .special))
        }
      }
    }
  }

  /// Takes the folder that a link leads to.
  private mutating func enter(_ path: String) throws(FileError) {
    var status = stat()
    guard unsafe stat("\(folder)/\(path)", &status) == 0 else { return try takeBroken(path, errno) }
    if seen.insert(Identity(status)).inserted { try read(path + "/") } else { leftOut.append(LeftOut(path, .loop)) }
  }

  private func isLink(_ path: String) throws(FileError) -> Bool {
    var status = stat()
    guard unsafe lstat("\(folder)/\(path)", &status) == 0 else {
      throw .system(.inputOutput, file: "\(folder)/\(path)", call: "stat", wanted: "a folder", errno: errno)
    }
    return status.st_mode & S_IFMT == S_IFLNK
  }

  /// A link that leads nowhere, or in a circle, is left out. Anything else that the system says nothing of is an error.
  private mutating func takeBroken(_ path: String, _ code: Int32) throws(FileError) {
    var target = [CChar](repeating: 0, count: 4096)
    let length = unsafe readlink("\(folder)/\(path)", &target, target.count - 1)
    guard length >= 0, code == ENOENT || code == ENOTDIR || code == ELOOP else {
      throw .system(.inputOutput, file: "\(folder)/\(path)", call: "stat", wanted: "a file or a folder", errno: code)
    }
    let text = String(decoding: target[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    leftOut.append(LeftOut(path, .brokenLink, detail: "to \(text)"))
  }

  private mutating func names(in prefix: String) throws(FileError) -> [String] {
    let folder = "\(self.folder)/\(prefix)"
    guard let stream = unsafe opendir(folder) else {
      throw .system(.inputOutput, file: folder, call: "open", wanted: "a folder that can be read", errno: errno)
    }
    defer { unsafe closedir(stream) }
    var names: [String] = []
    while let entry = unsafe readdir(stream) {
      let bytes = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { unsafe Array($0.prefix { $0 != 0 }) }
      guard let name = String(validating: bytes, as: UTF8.self) else {
        leftOut.append(
          LeftOut(prefix + String(decoding: bytes, as: UTF8.self), .bad, detail: "a name that is not UTF-8: rename it"))
        continue
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names
  }
}
