import Glibc
import ThimbleStorage

/// The files of a folder and of the folders in it. Links to files are followed, links to folders are not (they may lead in
/// circles); names that begin with a dot are left out.
enum ImageFolder {
  /// Paths relative to `folder`, in no particular order. Throws if a folder cannot be read.
  static func files(in folder: String) throws(FileError) -> [String] {
    var (found, pending) = ([String](), [""])
    while let prefix = pending.popLast() {
      for name in try names(in: "\(folder)/\(prefix)") where !name.hasPrefix(".") {
        let path = prefix + name
        var status = stat()
        guard unsafe lstat("\(folder)/\(path)", &status) == 0 else {
          throw .system(.inputOutput, file: "\(folder)/\(path)", call: "stat", wanted: "a file", errno: errno)
        }
        switch status.st_mode & S_IFMT {
        case S_IFDIR: pending.append(path + "/")
        case S_IFLNK: if try Path.kind("\(folder)/\(path)") == .file { found.append(path) }
        case S_IFREG: found.append(path)
        default: break
        }
      }
    }
    return found
  }

  private static func names(in folder: String) throws(FileError) -> [String] {
    guard let stream = unsafe opendir(folder) else {
      throw .system(.inputOutput, file: folder, call: "open", wanted: "a folder that can be read", errno: errno)
    }
    defer { unsafe closedir(stream) }
    var names: [String] = []
    while let entry = unsafe readdir(stream) {
      let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        unsafe String(validating: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      guard let name else {
        throw FileError(
          .badData, file: folder, field: "file name", found: "bytes that are not UTF-8", wanted: "UTF-8",
          advice: "Rename the file.")
      }
      names.append(name)
    }
    return names
  }
}
