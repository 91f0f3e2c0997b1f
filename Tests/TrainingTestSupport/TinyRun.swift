import Foundation
import ThimbleData
import ThimbleKernelInterface
import ThimbleNetworks
import ThimbleStorage
import ThimbleThreads
import ThimbleTraining

/// Runs of a small network on a set of 64 images of 16 x 16, in a folder of their own that is removed with this object.
package final class TinyRun {
  package let path: String
  package let dataset: Dataset

  package init(name: String = "stripes") throws {
    path = NSTemporaryDirectory() + "thimble-training-tests-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    var idx: [UInt8] = [0, 0, 8, 3, 0, 0, 0, 64, 0, 0, 0, 16, 0, 0, 0, 16]
    for image in 0..<64 {
      for y in 0..<16 { for x in 0..<16 { idx.append(UInt8((x * 9 + y * 5 + image * 3) % 256)) } }
    }
    try Data(idx).write(to: URL(fileURLWithPath: path + "/images.idx"))
    var packer = DatasetPacker(size: 16)
    packer.name = name
    _ = try packer.pack([path + "/images.idx"], to: path + "/set.safetensors")
    dataset = try Dataset(path: path + "/set.safetensors")
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  package func recipe(_ geometry: Recipe.Geometry = .authors) -> Recipe {
    var recipe = Recipe(geometry: geometry, size: 16, channels: 1)
    (recipe.generatorWidths, recipe.discriminatorWidths, recipe.batchSize) = ([16, 8], [8, 16], 16)
    return recipe
  }

  package func folder(_ name: String) -> RunFolder { RunFolder(path: "\(path)/\(name)") }

  /// Everything that can be watched and shown.
  package var everything: WatchOptions {
    var options = WatchOptions()
    options.tensorBoard = true
    options.report = ReportContext(
      program: "thimble", threads: 1, instructionSet: "any", commands: { [("Go on", "\($0.stand)")] })
    return options
  }

  /// A copy of a run, to go on with: a process trains once in a folder.
  package func copy(_ name: String, to copy: String) throws {
    try FileManager.default.copyItem(atPath: "\(path)/\(name)", toPath: "\(path)/\(copy)")
  }

  /// Trains to the end of `steps` and returns the warnings.
  @discardableResult
  package func train(
    _ name: String, _ recipe: Recipe, steps: Int, resume: Bool = false, measureEvery: Int? = nil, stopAt: Int? = nil,
    watch: WatchOptions?
  ) throws -> [String] {
    var warnings: [String] = []
    let options = TrainingOptions(
      steps: steps, checkpointEvery: 10, gridEvery: 5, measureEvery: measureEvery, watch: watch)
    let run = try TrainingRun(
      recipe, dataset: dataset, folder: folder(name), resume: resume, options: options, workers: Workers(count: 1),
      kernels: FloatKernels(.detected), warn: { _ in })
    _ = try run.run(
      shouldStop: { run.step == stopAt }, onStep: { _ in }, onCheckpoint: { _ in }, warn: { warnings.append($0) })
    return warnings
  }

  package func bytes(_ name: String) -> [UInt8] {
    [UInt8](FileManager.default.contents(atPath: "\(path)/\(name)") ?? Data())
  }

  package func text(_ name: String) -> String { String(decoding: bytes(name), as: UTF8.self) }

  package func names(_ name: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: "\(path)/\(name)")) ?? []).sorted()
  }
}
