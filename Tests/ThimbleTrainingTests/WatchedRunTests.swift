import TrainingTestSupport
import Foundation
import Testing
import ThimbleNetworks
import ThimbleTraining

/// What watching does to a run: nothing.
@Suite struct WatchedRunTests {
  /// Catches: anything watched, measured or drawn that shows in the weights or in the samples.
  @Test(arguments: [Recipe.Geometry.authors, .common]) func sameBytes(geometry: Recipe.Geometry) throws {
    let tiny = try TinyRun()
    try tiny.train("plain", tiny.recipe(geometry), steps: 40, watch: nil)
    try tiny.train("watched", tiny.recipe(geometry), steps: 40, watch: tiny.everything)
    // Limits that everything is beyond.
    var alarmed = tiny.everything
    alarmed.limits.collapse = 100
    (alarmed.limits.diverse, alarmed.limits.window, alarmed.limits.patience) = (0, 10, 0)
    (alarmed.limits.discriminatorLoss, alarmed.limits.vanished, alarmed.limits.settled) = (100, 100, 0)
    let warnings = try tiny.train("alarmed", tiny.recipe(geometry), steps: 40, watch: alarmed)
    #expect(warnings.count == 4, "\(warnings)")
    #expect(!tiny.names("plain/checkpoints").isEmpty && !tiny.names("plain/grids").isEmpty)
    for name in ["watched", "alarmed"] {
      for file in ["checkpoint.safetensors"] + tiny.names("plain/checkpoints").map({ "checkpoints/" + $0 })
        + tiny.names("plain/grids").map({ "grids/" + $0 })
      { #expect(tiny.bytes("plain/" + file) == tiny.bytes("\(name)/" + file), "\(file)") }
      #expect(tiny.names("\(name)/checkpoints") == tiny.names("plain/checkpoints"))
    }
    #expect(!tiny.names("plain").contains("report.html") && !tiny.names("plain").contains("tensorboard"))
  }

  /// Catches: norms that are not those of the gradients: the first ones of Adam are (1 - beta1) times its first moments.
  @Test func gradientNorms() throws {
    let tiny = try TinyRun()
    var recipe = tiny.recipe(.common)
    (recipe.beta1, recipe.weightDecay) = (0, 0)
    try tiny.train("run", recipe, steps: 10, watch: tiny.everything)
    let stored = try StoredTraining(path: tiny.folder("run").checkpointPath(step: 10))
    let networks = AdversarialNetworks(recipe, workers: .init(count: 1), kernels: .init(.portable))
    try networks.load(stored)
    let line = try #require(tiny.text("run/metrics.jsonl").split(separator: "\n").last)
    let metrics = try #require(StepMetrics(line: line))
    for (network, found) in [
      (networks.generator, metrics.generatorGradient), (networks.discriminator, metrics.discriminatorGradient),
    ] {
      // With beta1 = 0, the first moments are the gradients of the last step.
      let moments = UnsafeBufferPointer(start: network.firstMoments, count: network.parameterCount)
      let norm = moments.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
      #expect(abs(try #require(found) - norm) < 1e-9 * norm && norm > 0)
    }
    // Measured at every tenth step, diversity at each grid.
    let all = tiny.text("run/metrics.jsonl").split(separator: "\n").compactMap { StepMetrics(line: $0) }
    #expect(all.filter { $0.generatorGradient != nil }.map(\.step) == [10])
    #expect(all.filter { $0.diversity != nil }.map(\.step) == [5, 10])
  }

  /// Catches: draws after a rollback that are not those that the documentation names.
  @Test func variations() throws {
    let tiny = try TinyRun()
    let recipe = tiny.recipe()
    var source = BatchSource(tiny.dataset, recipe)
    source.rollbacks = [6, 9, 7]
    // Twice, so that the order of a pass is not that of the steps before.
    for _ in 0..<2 {
      for (step, variation) in [(0, 0), (5, 0), (6, 1), (7, 3), (8, 3), (9, 3), (12, 3)] {
        var other = recipe
        other.seed = recipe.seed &+ UInt64(variation) &* 0x9E37_79B9_7F4A_7C15
        var wanted = BatchSource(tiny.dataset, other)
        wanted.load(step: step)
        source.load(step: step)
        #expect(source.real == wanted.real && source.latents == wanted.latents, "step \(step)")
      }
    }
  }
}
