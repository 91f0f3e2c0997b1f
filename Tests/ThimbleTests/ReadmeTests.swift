import Foundation
import Testing
import Thimble

/// The example of the README, as it stands there.
@Suite struct ReadmeTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path

  /// Catches an example that no longer compiles, or that the README tells differently.
  @Test func example() throws {
    _ = FileManager.default.changeCurrentDirectoryPath(Self.root)
    let pixels = try garment(seed: 85)
    #expect(pixels.count == 28 * 28)
    #expect(Set(pixels).count > 16)
    let readme = try String(contentsOfFile: Self.root + "/README.md", encoding: .utf8)
    let source = try String(contentsOfFile: #filePath, encoding: .utf8)
    let here = source.components(separatedBy: "// The example\n").last!
    #expect(readme.contains(here), "the README's example is not the one that is tested")
  }
}

// The example
func garment(seed: UInt64) throws(ThimbleError) -> [UInt8] {
  let model = try Model(path: "weights/fashion28/generator.thimble")
  let arena = UnsafeMutableRawBufferPointer.allocate(byteCount: model.arenaByteCount()!, alignment: 64)
  defer { arena.deallocate() }
  var pixels = [UInt8](repeating: 0, count: model.imageByteCount)
  var generator = try Generator(model, arena: arena)
  var span = pixels.mutableSpan
  try generator.generate(seed: seed, into: &span)  // u8 [height][width][channels]
  return pixels
}
