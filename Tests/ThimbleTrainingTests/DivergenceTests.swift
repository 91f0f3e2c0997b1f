import Foundation
import Testing
import ThimbleData
import ThimbleKernelInterface
import ThimbleNetworks
import ThimbleStorage
import ThimbleThreads
import ThimbleTraining

/// Numbers that cease to be finite: where they do, and that they are never written.
@Suite struct DivergenceTests {
  private static func recipe(_ schedule: Recipe.Schedule) -> Recipe {
    var recipe = Recipe(geometry: .authors, size: 16, channels: 1)
    recipe.generatorWidths = [16, 8]
    recipe.discriminatorWidths = [8, 16]
    recipe.batchSize = 8
    recipe.latentLength = 20
    recipe.schedule = schedule
    return recipe
  }

  private static func networks(_ recipe: Recipe) -> AdversarialNetworks {
    let networks = AdversarialNetworks(recipe, workers: Workers(count: 2), kernels: FloatKernels(.detected))
    networks.initialize()
    return networks
  }

  /// The first step that diverges, of at most `steps`, and where; images and latents are stripes.
  private static func divergence(_ networks: AdversarialNetworks, steps: Int = 4) -> (step: Int, place: String)? {
    let recipe = networks.recipe
    let real = (0..<(recipe.batchSize * recipe.size * recipe.size)).map { Float($0 * 37 % 201) / 100 - 1 }
    let latents = (0..<(recipe.batchSize * recipe.latentLength)).map { Float($0 * 53 % 201) / 100 - 1 }
    for step in 0..<steps {
      if let place = networks.apply(step: step, real: real, latents: latents).divergence { return (step, place) }
    }
    return nil
  }

  /// Catches: a run that is healthy and called diverged.
  @Test(arguments: Recipe.Schedule.allCases) func healthy(schedule: Recipe.Schedule) {
    #expect(Self.divergence(Self.networks(Self.recipe(schedule)), steps: 40) == nil)
  }

  /// A weight that no f32 sum survives (3e38), planted in each layer of either network. Catches: another layer that is named, or
  /// another step; a rectifier behind which it hides.
  @Test(arguments: Recipe.Schedule.allCases, ["project", "deconv1", "deconv2", "conv1", "conv2", "score"])
  func plantedInALayer(schedule: Recipe.Schedule, layer: String) throws {
    let networks = Self.networks(Self.recipe(schedule))
    let ofGenerator = layer == "project" || layer.hasPrefix("deconv")
    let network = ofGenerator ? networks.generator : networks.discriminator
    let weight = try #require(network.parameters.first { $0.name == "\(layer).weight" })
    for index in 0..<weight.count { network.parameterValues[weight.offset + index] = index % 2 == 0 ? 3e38 : -3e38 }
    network.parametersChanged()
    let found = try #require(Self.divergence(networks))
    #expect(found.step == 0)
    // The last layer of the generator ends in a tangent, which is finite: what is lost shows on the way back or in the scores.
    let names = [layer] + (layer == "deconv2" ? ["project", "deconv1"] : [])
    let place = (ofGenerator ? "generator." : "discriminator.")
    #expect(names.contains { found.place.contains(place + $0) }, "\(found.place)")
  }

  /// Moments and values that are not finite though all gradients are. Catches: an update that is not looked at to its end.
  @Test(arguments: ["value", "first moment", "second moment"]) func plantedInTheOptimiser(what: String) throws {
    let networks = Self.networks(Self.recipe(.both))
    let network = networks.discriminator
    let last = try #require(network.parameters.last { $0.role == .weight })
    let numbers = what == "first moment" ? network.firstMoments : network.secondMoments
    // An infinite second moment freezes its weight, and everything else goes on. A weight itself cannot be planted: the way
    // forward finds it first. Too large a step makes it infinite.
    if what == "value" {
      var recipe = networks.recipe
      recipe.learningRate = 3.4e38
      let fast = Self.networks(recipe)
      let found = try #require(Self.divergence(fast))
      #expect(found.step < 2)
      return
    }
    numbers[last.offset + last.count - 1] = .infinity
    let found = try #require(Self.divergence(networks))
    #expect(found.step == 0 && found.place.hasSuffix("discriminator.\(last.name)"), "\(found.place)")
  }

  /// Catches: a checkpoint of numbers that are not finite, and one that replaces the last good one.
  @Test(arguments: [Float.nan, .infinity, -.infinity]) func neverWritten(number: Float) throws {
    let folder = FileManager.default.temporaryDirectory.path + "/thimble-divergence-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let networks = Self.networks(Self.recipe(.both))
    let state = TrainingState(recipe: networks.recipe, step: 7, dataDigest: "", dataName: "", dataLicence: "")
    func write() throws {
      try Checkpoint.write(
        state, generator: networks.generator, discriminator: networks.discriminator, statistics: nil,
        to: folder + "/checkpoint")
    }
    try write()
    let before = FileManager.default.contents(atPath: folder + "/checkpoint")
    #expect(before != nil)
    for network in [networks.generator, networks.discriminator] {
      for memory in [network.parameterValues, network.firstMoments, network.secondMoments] {
        let place = memory + network.parameters.last!.offset
        let old = place.pointee
        place.pointee = number
        let error = #expect(throws: FileError.self) { try write() }
        #expect(error?.kind == .badData && error?.field.contains(network.parameters.last!.name) == true)
        place.pointee = old
      }
    }
    #expect(FileManager.default.contents(atPath: folder + "/checkpoint") == before)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["checkpoint"])
  }
}
