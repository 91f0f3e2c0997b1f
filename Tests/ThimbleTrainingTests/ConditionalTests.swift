import Foundation
import Testing
import Thimble
import ThimbleNetworks
import ThimbleStorage
import ThimbleThreads
import ThimbleTraining

/// Generators with labels, as they are when they leave training.
@Suite struct ConditionalTests {
  private func recipe(_ change: (inout Recipe) -> Void) -> Recipe {
    var recipe = Recipe(geometry: .authors, size: 28, channels: 1)
    (recipe.generatorWidths, recipe.discriminatorWidths, recipe.batchSize) = ([6, 5], [5, 6], 16)
    (recipe.latentLength, recipe.classes) = (9, 3)
    change(&recipe)
    return recipe
  }

  /// The plain generator that a conditional one is expanded to makes the same images. Catches: labels left out at a layer or taken
  /// from another image, biases of positions exchanged, carriers that fade at the edge of a map, a sigmoid that is a tanh.
  @Test(arguments: 0..<10) func expandedGeneratorIsTheSame(kind: Int) throws {
    let recipe = recipe { recipe in
      switch kind {
      case 0: (recipe.generatorHidden, recipe.output, recipe.batchNormAffine) = ([11], .sigmoid, false)
      case 1: recipe.generatorHidden = [11, 7]
      case 2: recipe.output = .sigmoid
      case 3: recipe.firstLayerStatistics = .channel
      case 4: (recipe.classes, recipe.generatorHidden) = (0, [11])
      case 5: (recipe.classes, recipe.output) = (0, .sigmoid)
      case 6: (recipe.normalized, recipe.generatorHidden) = (.everywhere, [11])
      case 7: (recipe.normalized, recipe.weightDeviation) = (.none, 0.2)
      case 8: (recipe.normalized, recipe.classes, recipe.weightDeviation) = (.none, 0, 0.2)
      default: (recipe.geometry, recipe.generatorHidden, recipe.generatorAverage) = (.common, [8], 0.9)
      }
    }
    let networks = AdversarialNetworks(recipe, workers: Workers(count: 2), kernels: FloatKernels(.detected))
    networks.initialize()
    var numbers = SystemNumbers(state: 5)
    for i in 0..<networks.generator.parameterCount { networks.generator.parameterValues[i] += numbers.next() * 0.1 }
    networks.generator.parametersChanged()
    networks.generator.averageValues?.update(
      from: networks.generator.parameterValues, count: networks.generator.parameterCount)
    let statistics = networks.generator.freeze(recipe.latents, batches: 3)
    let path = NSTemporaryDirectory() + "thimble-conditional-\(UUID().uuidString).safetensors"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Checkpoint.write(
      TrainingState(recipe: recipe, step: 1, dataDigest: "", dataName: "", dataLicence: ""),
      generator: networks.generator, discriminator: networks.discriminator, statistics: statistics, to: path)

    let (workers, kernels) = (Workers(count: 1), FloatKernels(.portable))
    let stored = try StoredGenerator(path: path)
    let generator = PlainGenerator(stored, workers: workers, kernels: kernels)
    #expect(generator.latents == recipe.latents && generator.layers == stored.plainLayers)
    let network = generator.frozenNetwork(capacity: 16, workers: workers, kernels: kernels)
    let latents = recipe.latents.rows(0..<16)
    networks.generator.setStatistics(statistics)
    networks.generator.forward(latents, images: 16, frozen: true)
    network.forward(latents, images: 16, frozen: true)
    let wanted = (0..<(16 * 784)).map { i -> Float in
      let value = networks.generator.output[i]
      return recipe.output == .sigmoid ? 2 * value - 1 : value
    }
    #expect(wanted.contains { abs($0 - wanted[0]) > 0.05 })
    #expect((0..<(16 * 784)).allSatisfy { abs(network.output[$0] - wanted[$0]) < 2e-5 })
  }

  @Test func classesOfRows() {
    let source = LatentSource(length: 5, distribution: .normal, classes: 3)
    let rows = source.rows(7..<9)
    #expect(Array(rows[5..<8]) == [0, 1, 0] && Array(rows[13..<16]) == [0, 0, 1])
    let plain = LatentSource(length: 5, distribution: .normal).rows(7..<8)
    #expect(Array(rows[..<5]) == plain)
  }
}

private struct SystemNumbers {
  var state: UInt64

  /// In [-1, 1).
  mutating func next() -> Float {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Float(state >> 40) / Float(1 << 23) - 1
  }
}
