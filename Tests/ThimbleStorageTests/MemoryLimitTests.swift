import Foundation
import Testing
import ThimbleStorage

/// Limits on memory, as control groups of both versions state them.
@Suite struct MemoryLimitTests {
  private let root = FileManager.default.temporaryDirectory.path + "/thimble-groups-\(UUID().uuidString)"

  private func limit(_ listing: String, _ files: [String: String]) throws -> UInt64? {
    defer { try? FileManager.default.removeItem(atPath: root) }
    for (name, content) in files {
      let path = root + "/" + name
      let folder = (path as NSString).deletingLastPathComponent
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      try Data(content.utf8).write(to: URL(fileURLWithPath: path))
    }
    return MemoryLimit.groupLimit(listing: listing, root: root)?.byteCount
  }

  /// Catches: a limit of the group, or of one around it, that is not seen; words and hierarchies that are taken for one.
  @Test func groups() throws {
    #expect(try limit("0::/a/b\n", ["a/b/memory.max": "1000\n", "a/memory.max": "max\n"]) == 1000)
    #expect(try limit("0::/a/b\n", ["a/b/memory.max": "max\n", "a/memory.max": "500\n"]) == 500)
    #expect(try limit("0::/a/b\n", ["a/b/memory.max": "1000\n", "a/memory.max": "2000\n"]) == 1000)
    #expect(try limit("0::/\n", ["memory.max": "7000\n"]) == 7000)
    // A container's own group, mounted as the root.
    #expect(try limit("0::/host/name\n", ["memory.max": "900\n"]) == 900)
    #expect(try limit("0::/a\n", ["a/memory.max": "max\n"]) == nil)
    #expect(try limit("0::/a\n", [:]) == nil)
    #expect(try limit("", ["memory.max": "1\n"]) == nil)
    let first = "5:cpu,cpuacct:/a\n4:memory:/a:b/c\n"
    #expect(try limit(first, ["memory/a:b/c/memory.limit_in_bytes": "300\n", "memory.max": "1\n"]) == 300)
    #expect(try limit(first, ["cpu/a/memory.limit_in_bytes": "300\n"]) == nil)
    #expect(try limit("9:devices:/\n", ["memory/memory.limit_in_bytes": "300\n"]) == nil)
  }

  /// Catches: no limit at all, or nonsense, on the machine of this test.
  @Test func present() {
    #expect((1 << 20..<1 << 60).contains(MemoryLimit.present.byteCount))
  }
}
