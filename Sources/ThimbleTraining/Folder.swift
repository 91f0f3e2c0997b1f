import Foundation
import ThimbleStorage

/// Folders that commands write into.
package enum Folder {
  /// Makes a folder and those above it. Throws `cannotWrite`.
  package static func create(_ path: String) throws(FileError) {
    var failure: Int32 = 0
    let ends = path.indices.dropFirst().filter { path[$0] == "/" } + [path.endIndex]
    for end in ends where mkdir(String(path[..<end]), 0o777) != 0 && errno != EEXIST && failure == 0 { failure = errno }
    var status = stat()
    if stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR { return }
    throw .system(
      .cannotWrite, file: path, call: "create folder", wanted: "a folder", errno: failure == 0 ? ENOTDIR : failure)
  }
}
