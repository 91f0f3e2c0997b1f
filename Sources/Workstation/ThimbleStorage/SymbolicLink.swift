import Glibc

/// What becomes of a symbolic link at the end of a path.
package enum LinkPolicy: Sendable {
  /// The file that it leads to is meant, as with `cp` and `>`.
  case follow
  /// It is refused: in a run's folder it would lead out of the folder.
  case refuse
}

/// Symbolic links at the end of paths.
package enum SymbolicLink {
  /// As many as the kernel follows.
  private static let most = 40

  /// What the link at `path` says; nil where there is none.
  package static func target(of path: String) -> String? {
    let room = 4096
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
      count = unsafe max(
        0, readlink(path, UnsafeMutableRawPointer(buffer.baseAddress!).assumingMemoryBound(to: CChar.self), room))
    }
    return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
  }

  /// Where a file is written that is to stand at `path`.
  /// - Returns: the path behind all links, whether or not a file is there; nil where they lead to an open file of a process, as
  ///   `/dev/stdout` does, which has no place of its own. Throws `cannotWrite` if the links lead round in a circle.
  static func destination(of path: String) throws(FileError) -> String? {
    var place = path
    for _ in 0...most {
      guard let target = target(of: place) else { return place }
      if place.hasPrefix("/proc/") || place.hasPrefix("/dev/fd/") { return nil }
      place = target.hasPrefix("/") || !place.contains("/") ? target : "\(AtomicFile.folder(of: place))/\(target)"
    }
    throw .system(.cannotWrite, file: path, call: "create", wanted: "a file that can be written", errno: ELOOP)
  }

  /// Refuses a link. Throws `cannotWrite`.
  package static func refuse(_ path: String) throws(FileError) {
    if let target = target(of: path) { throw .link(path, to: target) }
  }
}

extension FileError {
  /// The refusal of a symbolic link where none is followed.
  static func link(_ path: String, to target: String) -> FileError {
    FileError(
      .cannotWrite, file: path, field: "kind of file", found: "a symbolic link to \(target)",
      wanted: "a file or folder that lies here itself",
      advice: "A run follows no links in its folder: remove this one, or put what it leads to in its place.")
  }
}
