import Foundation
import Testing
import ThimbleData
import ThimbleStorage

/// A folder of its own for one test, removed with this object.
final class TemporaryFolder {
  let path: String

  init() {
    path = NSTemporaryDirectory() + "thimble-data-tests-\(UUID().uuidString)"
    try! FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Writes a file, with the folders on the way to it, and returns its path.
  @discardableResult
  func write(_ name: String, _ bytes: [UInt8]) -> String {
    let file = "\(path)/\(name)"
    let folder = (file as NSString).deletingLastPathComponent
    try! FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try! Data(bytes).write(to: URL(fileURLWithPath: file))
    return file
  }

  func write(_ name: String, _ text: String) -> String { write(name, Array(text.utf8)) }

  /// Everything in the folder itself, hidden files included.
  var contents: [String] { try! FileManager.default.contentsOfDirectory(atPath: path).sorted() }
}

/// Where things lie that are not part of the tests' code.
enum Place {
  static let root = (0..<3).reduce(#filePath) { path, _ in (path as NSString).deletingLastPathComponent }
  static let fixtures = root + "/Tests/Fixtures/images"
  static let fashion = "/usr/share/datasets/fashion-mnist"
  /// Image sets that are not in the repository: the folder THIMBLE_DATA, or ../shared/data beside the package.
  static let shared = ProcessInfo.processInfo.environment["THIMBLE_DATA"] ?? root + "/../shared/data"

  static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }
}

/// The bytes of a file.
func bytes(of path: String) -> [UInt8] { [UInt8](FileManager.default.contents(atPath: path)!) }

/// The pixels of one image of a set.
func pixels(_ dataset: Dataset, _ index: Int) -> [UInt8] { [UInt8](dataset.image(index)) }

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

/// An IDX file of bytes.
func idx(_ shape: [Int], _ elements: [UInt8], type: UInt8 = 8) -> [UInt8] {
  var bytes: [UInt8] = [0, 0, type, UInt8(shape.count)]
  for side in shape { bytes += (0..<4).map { UInt8(truncatingIfNeeded: side >> (24 - 8 * $0)) } }
  return bytes + elements
}

extension Dataset {
  /// [count, height, width, channels]
  var shape: [Int] { [count, height, width, channels] }
}
