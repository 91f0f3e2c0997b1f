import Foundation
import Testing
import Thimble

/// The second promise as the kernel sees it: in a fresh process, a model and its first image take the file, the arena and
/// little else.
@Suite struct ResidentMemoryTests {
  private static let root = (0..<3).reduce(#filePath) { path, _ in (path as NSString).deletingLastPathComponent }
  /// For the pixels, the stack, and what allocation takes for itself.
  private static let allowance = 64 * 1024
  /// For pages of code that run for the first time, of the kernels and of Swift's own library: 64 KB around each.
  private static let codeAllowance = 512 * 1024

  /// Catches: a copy of the weights, tables made at load, scratch beside the arena.
  @Test func theShippedModel() throws { try check(Self.root + "/weights/fashion28/generator.thimble") }

  @Test func aLargerModel() throws {
    func up(_ channels: Int) -> ModelBuilder.Convolution {
      .init(channels: channels, kernel: 4, stride: 2, padding: 1, outputPadding: 0)
    }
    let file = try ModelBuilder(
      latentLength: 100, first: (4, 4, 512), convolutions: [up(256), up(128), up(64), up(3)]
    ).build()
    let path = NSTemporaryDirectory() + "thimble-memory-\(getpid()).thimble"
    try Data(file.contents).write(to: URL(fileURLWithPath: path))
    defer { unlink(path) }
    try check(path)
  }

  private func check(_ path: String) throws {
    let bundle = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    let beside = (bundle as NSString).deletingLastPathComponent + "/MemoryProbe"
    let process = Process()
    process.executableURL = URL(
      fileURLWithPath: FileManager.default.isExecutableFile(atPath: beside)
        ? beside : Self.root + "/.build/release/MemoryProbe")
    process.arguments = [path]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    let numbers = output.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
    try #require(numbers.count == 4)
    let (model, arena, data, code) = (numbers[0], numbers[1], numbers[2], numbers[3])
    // The file was read as a whole: a probe that sees nothing is no probe.
    #expect(data >= model)
    #expect(data <= model + arena + Self.allowance, "\(data - model - arena) bytes beside model and arena")
    #expect(code <= Self.codeAllowance)
  }
}
