import Foundation
import Thimble
import ThimbleStorage

/// What is known of a training run beside its numbers, in the metadata of a checkpoint. No time, host, path or thread count:
/// a checkpoint is a function of recipe and packed set.
package struct TrainingState: Sendable, Equatable {
  package var recipe: Recipe
  /// Minibatches done.
  package var step: Int
  /// The data set it was trained on.
  package var dataDigest: String
  package var dataName: String
  package var dataLicence: String

  package init(recipe: Recipe, step: Int, dataDigest: String, dataName: String, dataLicence: String) {
    self.recipe = recipe
    self.step = step
    self.dataDigest = dataDigest
    self.dataName = dataName
    self.dataLicence = dataLicence
  }
}

/// The checkpoint of a training run: a safetensors file with PyTorch's layouts and names close to its own.
///
/// `generator.NAME` and `discriminator.NAME` are the weights, `optimizer.NETWORK.NAME.exp_avg` and `.exp_avg_sq` Adam's
/// moments, `generator.LAYER.bn.running_mean` and `.running_var` the frozen statistics where they were made.
package enum Checkpoint {
  static let format = "thimble-checkpoint 1"

  /// Writes both networks with their optimisers.
  package static func write(
    _ state: TrainingState, generator: Network, discriminator: Network, statistics: FrozenStatistics?, to path: String
  ) throws(FileError) {
    let tensors = numbers(generator: generator, discriminator: discriminator, statistics: statistics)
    var metadata = GeneratorDescription(recipe: state.recipe).metadata
    metadata["format"] = format
    metadata["arithmetic"] = "\(Arithmetic.revision)"
    metadata["recipe"] = state.recipe.json
    metadata["step"] = "\(state.step)"
    metadata["data_digest"] = state.dataDigest
    metadata["data_name"] = state.dataName
    metadata["data_licence"] = state.dataLicence
    try write(tensors, metadata, to: path)
  }

  typealias NamedTensor = (name: String, shape: [Int], values: [Float])

  /// The digest that a checkpoint of both networks with their optimisers would have in its metadata: of nothing but numbers.
  package static func digest(generator: Network, discriminator: Network) -> String {
    digest(of: sorted(numbers(generator: generator, discriminator: discriminator, statistics: nil)))
  }

  private static func numbers(
    generator: Network, discriminator: Network, statistics: FrozenStatistics?
  ) -> [NamedTensor] {
    var tensors = weights(generator, prefix: "generator") + weights(discriminator, prefix: "discriminator")
    for (network, prefix) in [(generator, "generator"), (discriminator, "discriminator")] {
      for parameter in network.parameters {
        let name = "optimizer.\(prefix).\(parameter.name)"
        tensors.append(("\(name).exp_avg", parameter.shape, parameter.fileValues(from: network.firstMoments)))
        tensors.append(("\(name).exp_avg_sq", parameter.shape, parameter.fileValues(from: network.secondMoments)))
      }
    }
    if let statistics { tensors += Self.tensors(of: statistics, generator) }
    return tensors
  }

  private static func sorted(_ tensors: [NamedTensor]) -> [NamedTensor] { tensors.sorted { $0.name < $1.name } }

  /// SHA-256 of the tensors' bytes, one after the other.
  private static func digest(of tensors: [NamedTensor]) -> String {
    var digest = SHA256()
    for tensor in tensors {
      tensor.values.withUnsafeBytes { digest.update($0.bytes) }
    }
    return Digest.hexadecimal(digest.finalize())
  }

  static func weights(_ network: Network, prefix: String) -> [NamedTensor] {
    network.parameters.map {
      ("\(prefix).\($0.name)", $0.shape, $0.fileValues(from: network.parameterValues))
    }
  }

  static func tensors(of statistics: FrozenStatistics, _ network: Network) -> [NamedTensor] {
    statistics.layers.flatMap { layer -> [NamedTensor] in
      let gain = network.parameters.first { $0.layer.name == layer.name && $0.role == .gain }!
      let order = gain.memoryIndices()
      let name = "generator.\(layer.name).bn"
      return [
        ("\(name).running_mean", gain.shape, order.map { layer.mean[$0] }),
        ("\(name).running_var", gain.shape, order.map { layer.variance[$0] }),
      ]
    }
  }

  /// Writes tensors sorted by name, with the SHA-256 of their bytes in the metadata.
  static func write(_ tensors: [NamedTensor], _ metadata: [String: String], to path: String) throws(FileError) {
    let tensors = sorted(tensors)
    var metadata = metadata
    metadata["digest"] = digest(of: tensors)
    var writer = try SafetensorsWriter(
      path: path, metadata: metadata, entries: tensors.map { .init($0.name, .f32, $0.shape) })
    for tensor in tensors { try writer.append(tensor.values) }
    try writer.commit()
  }
}
