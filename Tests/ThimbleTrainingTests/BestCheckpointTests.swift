import TrainingTestSupport
import Foundation
import Testing
import ThimbleStatistics
import ThimbleNetworks
import ThimbleStorage
import ThimbleThreads
import ThimbleTraining

/// The distance that is measured during training, and the checkpoint that is kept for it.
@Suite struct BestCheckpointTests {
  private func distances(_ tiny: TinyRun, _ name: String) -> [(step: Int, distance: Double)] {
    tiny.text(name + "/metrics.jsonl").split(separator: "\n").compactMap { StepMetrics(line: $0) }.compactMap {
      metrics in metrics.distance.map { (metrics.step, $0) }
    }
  }

  /// Catches: measuring that shows in the weights; another step kept than the best; networks kept of another step, or without the
  /// statistics of the end; a resumed run that keeps another one.
  @Test func best() throws {
    let tiny = try TinyRun()
    var recipe = tiny.recipe(.common)
    // A rate at which training goes astray: the best is not the last.
    (recipe.generatorAverage, recipe.learningRate) = (0.5, 0.02)
    try tiny.train("plain", recipe, steps: 60, watch: nil)
    let lines = try tiny.train("measured", recipe, steps: 60, measureEvery: 12, watch: nil)
    #expect(tiny.bytes("measured/checkpoint.safetensors") == tiny.bytes("plain/checkpoint.safetensors"))
    let found = distances(tiny, "measured")
    #expect(found.map(\.step) == [12, 24, 36, 48, 60])
    let best = try #require(found.min { $0.distance < $1.distance })
    try tiny.train("short", recipe, steps: best.step, watch: nil)
    #expect(tiny.bytes("measured/best.safetensors") == tiny.bytes("short/checkpoint.safetensors"))
    #expect(lines.last?.hasSuffix("at step \(best.step)") == true)
    #expect(best.step < 60, "\(found)")

    try tiny.train("cut", recipe, steps: 60, measureEvery: 12, stopAt: 39, watch: nil)
    try tiny.copy("cut", to: "resumed")
    try tiny.train("resumed", recipe, steps: 60, resume: true, measureEvery: 12, watch: nil)
    #expect(tiny.bytes("resumed/best.safetensors") == tiny.bytes("measured/best.safetensors"))
    #expect(distances(tiny, "resumed").map(\.distance) == found.map(\.distance))
  }

  /// Catches: a distance of other samples, or of the generator with a minibatch's statistics.
  @Test func distance() throws {
    let tiny = try TinyRun()
    let recipe = tiny.recipe(.common)
    try tiny.train("run", recipe, steps: 10, measureEvery: 10, watch: nil)
    let (workers, kernels) = (Workers(count: 1), FloatKernels(.portable))
    let stored = try StoredGenerator(path: tiny.folder("run").bestCheckpointPath)
    let network = stored.network(capacity: 2048, workers: workers, kernels: kernels)
    network.setStatistics(try #require(stored.statistics))
    let latents = recipe.latents.rows(0..<2048)
    network.forward(latents, images: 2048, frozen: true)
    let pixels = (0..<(2048 * network.outputCount)).map { i -> UInt8 in
      UInt8(max(0, min(255, (127.5 * (network.output[i] + 1)).rounded())))
    }
    let set = MeasuredSet(
      count: 64, side: 16, channels: 1, workers: workers, kernels: kernels, image: tiny.dataset.image)
    let found = try #require(distances(tiny, "run").first?.distance)
    let wanted = set.measure(pixels).distance
    #expect(abs(found - wanted) < 1e-3 * wanted && wanted > 0, "\(found), wanted \(wanted)")
  }

  /// Catches: a best checkpoint of steps that are trained anew, or one that cannot be read, taken for the run's.
  @Test func forgotten() throws {
    let tiny = try TinyRun()
    try tiny.train("run", tiny.recipe(), steps: 20, measureEvery: 20, watch: nil)
    let folder = tiny.folder("run")
    let best = FileManager.default.contents(atPath: folder.bestCheckpointPath)
    let distance = try #require(distances(tiny, "run").last?.distance)
    var told: [String] = []
    #expect(try folder.bestDistance(upTo: 20) { told.append($0) } == distance)
    #expect(try folder.bestDistance(upTo: 19) { told.append($0) } == nil)
    #expect(!FileManager.default.fileExists(atPath: folder.bestCheckpointPath) && told.isEmpty)
    // What the run has not written is not removed.
    for name in [".aside", ".aside-2"] {
      try Data(try #require(best).prefix(100)).write(to: URL(fileURLWithPath: folder.bestCheckpointPath))
      #expect(try folder.bestDistance(upTo: 20) { told.append($0) } == nil)
      #expect(tiny.bytes("run/best.safetensors" + name).count == 100 && told.last?.hasSuffix(name) == true)
      #expect(!FileManager.default.fileExists(atPath: folder.bestCheckpointPath))
    }
  }
}
