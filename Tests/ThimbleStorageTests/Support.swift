import Foundation
import Testing
import ThimbleStorage

/// A folder of its own for one test, removed with this object.
final class TemporaryFolder {
  let path: String

  init() {
    path = NSTemporaryDirectory() + "thimble-storage-tests-\(UUID().uuidString)"
    try! FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Writes a file and returns its path.
  @discardableResult
  func write(_ name: String, _ bytes: [UInt8]) -> String {
    try! Data(bytes).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
    return "\(path)/\(name)"
  }

  /// Everything in the folder, hidden files included.
  var contents: [String] { try! FileManager.default.contentsOfDirectory(atPath: path).sorted() }
}

/// The bytes of a file.
func bytes(of path: String) -> [UInt8] { [UInt8](FileManager.default.contents(atPath: path)!) }

/// The error that `body` throws; an issue, if it throws none.
func fileError(_ body: () throws -> Void, _ location: SourceLocation = #_sourceLocation) -> FileError? {
  do {
    try body()
  } catch {
    return error as? FileError
  }
  Issue.record("no error", sourceLocation: location)
  return nil
}
