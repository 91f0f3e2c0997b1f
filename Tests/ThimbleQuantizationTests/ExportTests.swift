import Foundation
import Testing
import Thimble
import ThimbleNetworks
import ThimbleQuantization
import ThimbleStorage
import ThimbleThreads

/// Exports of small generators: near to f32, the same bytes whatever computes, safe in int32.
@Suite final class ExportTests {
  private static let fixtures =
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .path + "/Fixtures/import/"
  private let folder = FileManager.default.temporaryDirectory.path + "/thimble-export-\(UUID().uuidString)"

  init() throws { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  private func export(
    _ stored: StoredGenerator, threads: Int = 2, set: InstructionSet = .portable, weights: WeightEncoding = .int8
  ) throws -> (report: ExportReport, bytes: Data) {
    var exporter = Exporter(workers: Workers(count: threads), instructionSet: set)
    exporter.calibrationCount = 64
    exporter.reportCount = 64
    exporter.weights = weights
    let path = folder + "/out.thimble"
    let report = try exporter.export(stored, metadata: ["name": "test"], to: path)
    return (report, try Data(contentsOf: URL(fileURLWithPath: path)))
  }

  /// Catches wrong folding, packing, scales, tables: any of them costs tens of dB.
  @Test(arguments: ["torch_example", "peers_layout"])
  func nearToFloat(name: String) throws {
    let stored = try StoredGenerator(path: Self.fixtures + name + ".safetensors")
    let (report, bytes) = try export(stored)
    print("\(name): mean \(report.quality.meanPSNR) dB, worst \(report.quality.worstPSNR) dB")
    #expect(report.quality.meanPSNR > 40)
    #expect(report.quality.worstPSNR > 34)
    #expect(report.quality.meanSSIM > 0.97)
    #expect(report.layers.dropLast().allSatisfy { $0.signalToNoise! > 25 })
    #expect(report.fileByteCount == bytes.count)
  }

  /// int4 weights: near to f32 too, and small. A wrong group, scale or half byte costs tens of dB.
  @Test(arguments: ["torch_example", "peers_layout"])
  func int4IsNearToFloat(name: String) throws {
    let stored = try StoredGenerator(path: Self.fixtures + name + ".safetensors")
    let (report, bytes) = try export(stored, weights: .int4)
    print("\(name) int4: mean \(report.quality.meanPSNR) dB, worst \(report.quality.worstPSNR) dB")
    #expect(report.quality.meanPSNR > 28)
    #expect(report.layers.dropLast().allSatisfy { $0.signalToNoise! > 14 })
    let int8 = try export(stored).report
    for (small, large) in zip(report.layers, int8.layers).dropLast() {
      #expect(Double(small.weightByteCount) < 0.6 * Double(large.weightByteCount))
    }
    #expect(bytes.count < int8.fileByteCount)
  }

  @Test func int4SameBytes() throws {
    let stored = try StoredGenerator(path: Self.fixtures + "peers_layout.safetensors")
    let wanted = try export(stored, threads: 1, weights: .int4).bytes
    for set in InstructionSet.allCases where set.isBuiltIn && set.isOffered {
      #expect(try export(stored, threads: 3, set: set, weights: .int4).bytes == wanted, "\(set.name)")
    }
  }

  /// The file is a function of the checkpoint: not of threads or instruction sets.
  @Test func sameBytes() throws {
    let stored = try StoredGenerator(path: Self.fixtures + "peers_layout.safetensors")
    let wanted = try export(stored, threads: 1).bytes
    for set in InstructionSet.allCases where set.isBuiltIn && set.isOffered {
      #expect(try export(stored, threads: 3, set: set).bytes == wanted, "\(set.name)")
    }
  }

  /// A channel whose gain is 0 has no weight left, only a bias: its scale must be floored, or the bias overflows int32.
  @Test func deadChannels() throws {
    let path = folder + "/dead.safetensors"
    try Self.rewritten("peers_layout", to: path) { name, values in
      if name == "deconv1.bn.weight" { values[3] = 0 }
      if name == "deconv1.bn.bias" { values[3] = 0.5 }
      if name == "project.bn.weight" { values[0] = 1e-20 }
      if name == "project.bn.bias" { values[0] = 1 }
    }
    let (report, _) = try export(try StoredGenerator(path: path))
    #expect(report.quality.meanPSNR > 40)
  }

  /// Biases that no int32 accumulator can hold beside the sums are refused, by name.
  @Test func overflow() throws {
    let path = folder + "/huge.safetensors"
    try Self.rewritten("peers_layout", to: path) { name, values in
      if name == "deconv3.bias" { values[0] = 1e30 }
    }
    let stored = try StoredGenerator(path: path)
    do {
      _ = try export(stored)
      Issue.record("exported")
    } catch let error as FileError {
      #expect(error.kind == .badData)
      #expect(error.field.contains("deconv3"))
    }
  }

  @Test func arenaBudget() throws {
    var exporter = Exporter(workers: Workers(count: 1), instructionSet: .portable)
    exporter.largestArena = 1000
    let stored = try StoredGenerator(path: Self.fixtures + "peers_layout.safetensors")
    let path = folder + "/small.thimble"
    #expect {
      _ = try exporter.export(stored, metadata: [:], to: path)
    } throws: { error in
      // The message names the smallest plan.
      let error = error as? FileError
      return error?.kind == .usage && error?.wanted.contains("at least") == true
    }
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  /// Copies an import fixture with some numbers changed.
  private static func rewritten(
    _ name: String, to path: String, _ change: (String, inout [Float]) -> Void
  ) throws {
    let file = try SafetensorsFile(path: fixtures + name + ".safetensors")
    let tensors = file.tensors.values.sorted { $0.name < $1.name }
    var writer = try SafetensorsWriter(
      path: path, metadata: file.metadata, entries: tensors.map { .init($0.name, $0.type, $0.shape) })
    for tensor in tensors {
      var values = tensor.floats()
      change(tensor.name, &values)
      try writer.append(values)
    }
    try writer.commit()
  }
}
