import Foundation

/// Folders that commands write into.
package enum Folder {
  /// Makes a folder and those above it, and syncs what they lie in. Throws `cannotWrite` or `inputOutput`.
  package static func create(_ path: String) throws(FileError) {
    var failure: Int32 = 0
    let ends = path.indices.dropFirst().filter { path[$0] == "/" } + [path.endIndex]
    for end in ends {
      let folder = String(path[..<end])
      if unsafe mkdir(folder, 0o777) == 0 {
        try AtomicFile.syncFolder(of: folder)
      } else if errno != EEXIST && failure == 0 {
        failure = errno
      }
    }
    var status = stat()
    if unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR { return }
    throw .system(
      .cannotWrite, file: path, call: "create folder", wanted: "a folder", errno: failure == 0 ? ENOTDIR : failure)
  }
}
