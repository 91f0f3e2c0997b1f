import Foundation
import ThimbleStorage
import ThimbleThreads

/// A discriminator as a checkpoint of a training run holds it, with its recipe.
package struct StoredDiscriminator: Sendable {
  package let recipe: Recipe
  private let values: [(parameter: Parameter, values: [Float])]

  /// Reads the discriminator in the file at `path`: a training checkpoint, or both networks without their optimiser.
  package init(path: String) throws(FileError) {
    let file = try SafetensorsFile(path: path)
    try file.checkWhole()
    guard let text = file.metadata["recipe"], file.tensors.keys.contains(where: { $0.hasPrefix("discriminator.") })
    else {
      throw FileError(
        .badData, file: path, field: "discriminator", found: "none", wanted: "a checkpoint of both networks",
        advice: "Name a run's checkpoint, or what `thimble strip` wrote: a generator alone has no discriminator.")
    }
    recipe = try Recipe(json: Data(text.utf8), file: path)
    values = try Parameter.layout(recipe.discriminatorLayers).parameters.map { (parameter) throws(FileError) in
      (parameter, try file.finiteFloats("discriminator.\(parameter.name)", shape: parameter.shape))
    }
  }

  /// A network with these weights, or with initial ones of the recipe's kind, that can be run backwards too.
  package func network(capacity: Int, random: Bool = false, workers: Workers, kernels: FloatKernels) -> Network {
    let context = ComputeContext(workspace: Workspace(), workers: workers, kernels: kernels)
    let network = Network(
      recipe.discriminatorLayers, capacity: capacity, batchNormEpsilon: Float(recipe.batchNormEpsilon), trained: true,
      context)
    context.workspace.allocate()
    if random {
      network.initialize(seed: recipe.seed, deviation: Float(recipe.weightDeviation), network: 1)
    } else {
      for (parameter, values) in values { parameter.store(values, into: network.parameterValues) }
      network.parametersChanged()
    }
    return network
  }
}
