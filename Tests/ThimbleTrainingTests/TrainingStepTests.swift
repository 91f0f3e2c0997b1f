import Foundation
import Testing
import Thimble
import ThimbleKernelInterface
import ThimbleNetworks
import ThimbleStorage
import ThimbleThreads
import ThimbleTraining

/// Whole training steps against PyTorch in f64 (`Oracle/fixtures/make_training_fixtures.py`): images, losses, the first
/// gradients, the weights after the last step.
@Suite struct TrainingStepTests {
  private static let fixtures =
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .path + "/Fixtures/training/"

  private struct Case {
    let file: SafetensorsFile
    let recipe: Recipe
    let steps: Int
    let networks: AdversarialNetworks

    init(_ name: String, _ set: InstructionSet, threads: Int) throws {
      file = try SafetensorsFile(path: fixtures + name + ".safetensors")
      let m = file.metadata
      let real = try file.tensor("real_u8.0", .u8)
      var recipe = Recipe(
        geometry: m["geometry"] == "authors" ? .authors : .common, size: real.shape[2], channels: real.shape[1])
      if let text = m["recipe"] {
        recipe = try Recipe(json: Data(text.utf8), file: name)
      } else {
        recipe.latentLength = try file.tensor("z.0", .f32).shape[1]
        recipe.generatorWidths = m["widths"]!.split(separator: " ").compactMap { Int($0) }
        recipe.discriminatorWidths = recipe.generatorWidths.reversed()
        recipe.batchSize = real.shape[0]
        recipe.weightDecay = Double(m["weight_decay"]!)!
      }
      self.recipe = recipe
      steps = Int(m["steps"]!)!
      networks = AdversarialNetworks(recipe, workers: Workers(count: threads), kernels: FloatKernels(set))
      for (network, prefix) in [(networks.generator, "generator"), (networks.discriminator, "discriminator")] {
        for parameter in network.parameters {
          let values = try file.tensor("\(prefix).\(parameter.name)", .f32, shape: parameter.shape).floats()
          parameter.store(values, into: network.parameterValues)
        }
        network.parametersChanged()
      }
    }

    /// The minibatch's images in the range of the generator's, NHWC.
    func real(_ step: Int) throws -> [Float] {
      let tensor = try file.tensor("real_u8.\(step)", .u8)
      let bytes: [UInt8] = tensor.copied()
      let (c, area) = (tensor.shape[1], tensor.shape[2] * tensor.shape[3])
      return (0..<bytes.count).map { i in
        let (n, p, channel) = (i / (area * c), i / c % area, i % c)
        let byte = Float(bytes[(n * c + channel) * area + p])
        return recipe.output == .tanh ? byte / 127.5 - 1 : byte / 255
      }
    }
  }

  /// Greatest difference, relative to the greatest wanted value.
  private func relative(_ found: [Float], _ wanted: [Float]) -> Float {
    let scale = wanted.map(abs).max() ?? 1
    return zip(found, wanted).map { abs($0 - $1) }.max()! / max(scale, 1e-12)
  }

  private func mean(_ found: [Float], _ wanted: [Float]) -> Double {
    zip(found, wanted).reduce(0) { $0 + Double(abs($1.0 - $1.1)) } / Double(found.count)
  }

  @Test(arguments: [
    "step_authors", "step_common", "step_grey_authors", "step_grey_common", "recipe_digits",
    "recipe_pooling", "recipe_small", "recipe_bare", "recipe_global", "recipe_strides", "recipe_strides3",
  ])
  func againstPyTorch(name: String) throws {
    let the = try Case(name, .detected, threads: 2)
    for step in 0..<the.steps {
      let latents = try the.file.tensor("z.\(step)", .f32).floats()
      let report = the.networks.apply(step: step, real: try the.real(step), latents: latents)
      for (loss, key) in [(report.discriminatorLoss, "loss_d"), (report.generatorLoss, "loss_g")] {
        let stored = the.file.tensors["\(key).\(step)"]?.floats().first
        #expect((loss == nil) == (stored == nil), "\(key) at step \(step)")
        if let loss, let stored { #expect(abs(loss - stored) < 2e-6, "\(key) at step \(step)") }
      }
      // The first step of a network has its stored gradients.
      let both = the.recipe.schedule == .both
      if step == 0 || (both ? false : step == 1) {
        let prefixes = both ? ["generator", "discriminator"] : [step == 0 ? "generator" : "discriminator"]
        for prefix in prefixes { try checkGradients(the, prefix) }
      }
    }
    for (network, prefix) in [(the.networks.generator, "generator"), (the.networks.discriminator, "discriminator")] {
      for parameter in network.parameters {
        let wanted = try the.file.tensor("after.\(prefix).\(parameter.name)", .f32, shape: parameter.shape)
          .floats()
        let found = parameter.fileValues(from: network.parameterValues)
        #expect(mean(found, wanted) < (parameter.role == .gain ? 1e-7 : 2e-8), "\(prefix).\(parameter.name) on average")
        #expect(zip(found, wanted).allSatisfy { abs($0 - $1) < 4e-5 }, "\(prefix).\(parameter.name)")
      }
    }
  }

  private func checkGradients(_ the: Case, _ prefix: String) throws {
    let network = prefix == "generator" ? the.networks.generator : the.networks.discriminator
    for parameter in network.parameters {
      let wanted = try the.file.tensor(
        "gradient.\(prefix).\(parameter.name)", .f32, shape: parameter.shape
      ).floats()
      let found = parameter.fileValues(from: network.gradients)
      #expect(relative(found, wanted) < 1e-5, "gradient of \(prefix).\(parameter.name)")
    }
  }

  /// Instruction sets and threads do not show in a single bit.
  @Test(arguments: [
    "step_authors", "step_grey_common", "recipe_digits",
    "recipe_pooling", "recipe_small", "recipe_bare", "recipe_global", "recipe_strides", "recipe_strides3",
  ])
  func sameBits(name: String) throws {
    func bits(_ set: InstructionSet, _ threads: Int) throws -> [UInt32] {
      let the = try Case(name, set, threads: threads)
      for step in 0..<min(4, the.steps) {
        _ = the.networks.apply(
          step: step, real: try the.real(step), latents: try the.file.tensor("z.\(step)", .f32).floats())
      }
      return [the.networks.generator, the.networks.discriminator].flatMap { network in
        (0..<network.parameterCount).map { network.parameterValues[$0].bitPattern }
      }
    }
    let wanted = try bits(.portable, 1)
    for set in InstructionSet.allCases where set.isBuiltIn && set.isOffered {
      for threads in [1, 2, 3, 8] { #expect(try bits(set, threads) == wanted, "\(set.name), \(threads) threads") }
    }
  }
}
