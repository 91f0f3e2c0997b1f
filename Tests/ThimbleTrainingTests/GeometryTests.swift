import Testing
import Thimble
import ThimbleNetworks
import ThimbleThreads
import ThimbleTraining

/// Every size, geometry and number of channels that a recipe may name builds networks that train.
@Suite struct GeometryTests {
  @Test(arguments: Recipe.sizes)
  func trains(size: Int) throws {
    for geometry in Recipe.Geometry.allCases {
      for channels in [1, 3] {
        var recipe = Recipe(geometry: geometry, size: size, channels: channels)
        recipe.generatorWidths = recipe.generatorWidths.map { max(4, $0 / 64) }
        recipe.discriminatorWidths = recipe.generatorWidths.reversed()
        recipe.batchSize = 4
        try recipe.validate(file: "test")
        let networks = AdversarialNetworks(recipe, workers: Workers(count: 2), kernels: FloatKernels(.detected))
        networks.initialize()
        let count = 4 * size * size * channels
        #expect(networks.generator.outputCount == size * size * channels)
        let real = (0..<count).map { Float($0 % 255) / 127.5 - 1 }
        let latents = (0..<400).map { Float($0 % 17) / 8 - 1 }
        let before = (0..<networks.generator.parameterCount).map { networks.generator.parameterValues[$0] }
        for step in 0..<2 {
          let report = networks.apply(step: step, real: real, latents: latents)
          #expect(report.isFinite, "\(geometry) \(size) \(channels)")
        }
        let after = (0..<networks.generator.parameterCount).map { networks.generator.parameterValues[$0] }
        #expect(before != after, "\(geometry) \(size) \(channels): nothing was learnt")
        #expect((0..<count).allSatisfy { abs(networks.generator.output[$0]) <= 1 })
      }
    }
  }

  /// The defaults are the constants of the paper, sections 3 and 4.
  @Test func paperDefaults() {
    let recipe = Recipe()
    #expect(recipe.generatorWidths == [1024, 512, 256, 128])
    #expect(recipe.latentLength == 100 && recipe.latentDistribution == .uniform)
    #expect(recipe.batchSize == 128 && recipe.learningRate == 0.0002 && recipe.beta1 == 0.5)
    #expect(recipe.leakySlope == 0.2 && recipe.weightDeviation == 0.02)
    #expect(recipe.generatorLayers.map(\.kind.multiplyAccumulates).reduce(0, +) == 640_614_400)
  }
}
