import Glibc
import ThimbleStorage

/// The parts of a path, and what lies there.
enum Path {
  enum Kind { case folder, file, other }

  /// Throws `missing` if nothing lies there.
  static func kind(_ path: String) throws(FileError) -> Kind {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else {
      throw .system(
        errno == ENOENT || errno == ENOTDIR ? .missing : .inputOutput, file: path, call: "open",
        wanted: "a file or a folder", errno: errno)
    }
    return switch status.st_mode & S_IFMT {
    case S_IFDIR: .folder
    case S_IFREG: .file
    default: .other
    }
  }

  static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

  /// Whether a file is there and may not be read.
  static func isForbidden(_ path: String) -> Bool { unsafe access(path, R_OK) != 0 && errno == EACCES }

  /// Whether two paths lead to the same file.
  static func isSame(_ a: String, _ b: String) -> Bool {
    var (first, second) = (stat(), stat())
    return unsafe stat(a, &first) == 0 && stat(b, &second) == 0 && first.st_dev == second.st_dev
      && first.st_ino == second.st_ino
  }

  /// The last component. For "." and "..", the name of the folder they stand for.
  static func baseName(_ path: String) -> String {
    let name = lastComponent(path)
    guard name.isEmpty || name == "." || name == "..", let real = unsafe realpath(path, nil) else { return name }
    defer { unsafe free(real) }
    return unsafe lastComponent(String(cString: real))
  }

  private static func lastComponent(_ path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? ""
  }

  /// A name without what follows its last dot; a dot at the beginning counts as part of the name.
  static func stem(_ name: String) -> String {
    guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return name }
    return String(name[..<dot])
  }

  /// What follows the last dot of a path's last component, in small letters; empty if there is no dot.
  static func ending(_ path: String) -> String {
    let name = lastComponent(path)
    guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return "" }
    return name[name.index(after: dot)...].lowercased()
  }

  /// The folder that a path lies in.
  static func folder(_ path: String) -> String { AtomicFile.folder(of: path) }

  /// Order by bytes, the same in every language setting; Swift's own order is that of Unicode's canonical forms.
  static func precedes(_ a: String, _ b: String) -> Bool { a.utf8.lexicographicallyPrecedes(b.utf8) }
}
