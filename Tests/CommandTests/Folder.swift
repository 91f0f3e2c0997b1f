import Foundation

/// A folder of its own for one test, removed with this object.
final class Folder {
  let path: String

  init() {
    path = NSTemporaryDirectory() + "thimble-command-tests-\(UUID().uuidString)"
    try! FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// The path of a file in the folder.
  subscript(_ name: String) -> String { "\(path)/\(name)" }

  /// Writes a file, with the folders on the way to it, and returns its path.
  @discardableResult
  func write(_ name: String, _ bytes: [UInt8]) -> String {
    let folder = (self[name] as NSString).deletingLastPathComponent
    try! FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try! Data(bytes).write(to: URL(fileURLWithPath: self[name]))
    return self[name]
  }

  @discardableResult
  func write(_ name: String, _ text: String) -> String { write(name, Array(text.utf8)) }

  /// A file of zeros that takes no place on the disk.
  func sparse(_ name: String, byteCount: Int) -> String {
    let path = write(name, [])
    truncate(path, off_t(byteCount))
    return path
  }
}

/// The bytes of a file; none if it cannot be read.
func bytes(of path: String) -> [UInt8] { [UInt8](FileManager.default.contents(atPath: path) ?? Data()) }

/// Whether two files are there and hold the same bytes. An expectation on the bytes themselves would, where it fails, look for
/// the shortest way from one to the other: hours of it.
func sameBytes(_ first: String, _ second: String) -> Bool { exists(first) && bytes(of: first) == bytes(of: second) }

func text(of path: String) -> String { String(decoding: bytes(of: path), as: UTF8.self) }

/// The names in a folder, hidden ones included.
func names(in path: String) -> [String] {
  ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
}

func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

/// Numbers that look random and are the same each time (SplitMix64).
struct SeededNumbers: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
