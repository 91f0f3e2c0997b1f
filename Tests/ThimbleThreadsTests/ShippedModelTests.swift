import Foundation
import Testing
import Thimble
import ThimbleThreads

/// Every generator under weights/: instruction sets x memory plans x batches x threads.
@Suite struct ShippedModelTests {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path
  /// Folders below weights/ with a generator and its golden file.
  static let models = ((try? FileManager.default.contentsOfDirectory(atPath: root + "/weights")) ?? []).sorted()
    .filter { FileManager.default.fileExists(atPath: "\(root)/weights/\($0)/generator.thimble") }
  static let sets = InstructionSet.allCases.filter { $0.isBuiltIn && $0.isOffered }
  static let plans: [(name: String, plan: MemoryPlan)] = [("file", .ofFile), ("whole layers", .wholeLayers)]
  static let batches = [1, 3, 16]

  @Test func allAreThere() {
    #expect(Set(Self.models).isSuperset(of: ["digits28", "emoji64", "faces64", "fashion28", "rooms64"]))
    #expect(Self.sets.contains(.portable))
  }

  /// Catches: an image that depends on the kernels, on how many others are made with it, on its place among them, or on who
  /// computes which part. The golden digests are those of the NumPy oracle.
  @Test(arguments: models, sets) func pixelsAreThoseOfTheGoldenFile(name: String, set: InstructionSet) throws {
    let folder = "\(Self.root)/weights/\(name)"
    let golden = try String(contentsOfFile: folder + "/golden.txt", encoding: .utf8)
      .split(separator: "\n").filter { !$0.hasPrefix("#") }.map { $0.split(separator: " ") }
    // 16 and a rest in each batch: the last one of 16 is not full.
    let lines = golden.prefix(19)
    let (digests, seeds) = (lines.map { String($0[0]) }, lines.map { UInt64($0[1])! })
    #expect(seeds.count == 19)
    for threads in 1...3 {
      let workers = Workers(count: threads, evenBeyondProcessors: true)
      #expect(workers.count == threads)
      for (planName, plan) in Self.plans {
        for batch in Self.batches {
          let model = try Model(path: folder + "/generator.thimble", instructionSet: set, plan: plan)
          let found = try digestsOfImages(model, seeds, batch: batch, workers)
          #expect(found == digests, "\(name) \(set.name) plan \(planName) batch \(batch) threads \(threads)")
        }
      }
    }
  }

  /// The SHA-256 of each seed's image, made `batch` at a time in an arena full of other numbers.
  private func digestsOfImages(
    _ model: consuming Model, _ seeds: [UInt64], batch: Int, _ workers: Workers
  ) throws -> [String] {
    let size = model.imageByteCount
    let arena = UnsafeMutableRawBufferPointer.allocate(
      byteCount: model.arenaByteCount(images: batch, workers: workers.count)!, alignment: 64)
    defer { arena.deallocate() }
    arena.initializeMemory(as: UInt8.self, repeating: 0xA7)
    var generator = try Generator(model, arena: arena, images: batch, workers: workers.count)
    var pixels = [UInt8](repeating: 0, count: batch * size)
    var digests: [String] = []
    for first in stride(from: 0, to: seeds.count, by: batch) {
      let some = Array(seeds[first..<min(first + batch, seeds.count)])
      var output = pixels.mutableSpan
      try generator.generate(seeds: some.span, into: &output, parallelFor: workers.parallelFor)
      for image in some.indices {
        var digest = SHA256()
        digest.update(pixels.span.extracting(image * size..<(image + 1) * size).bytes)
        let bytes = digest.finalize()
        digests.append(
          bytes.indices.map { String(bytes[$0] / 16, radix: 16) + String(bytes[$0] % 16, radix: 16) }.joined())
      }
    }
    return digests
  }
}
