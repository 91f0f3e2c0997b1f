import Thimble
import ThimbleStorage

/// The checkpoint of a training run: a safetensors file with PyTorch's layouts and names close to its own.
///
/// `generator.NAME` and `discriminator.NAME` are the weights, `optimizer.NETWORK.NAME.exp_avg` and `.exp_avg_sq` Adam's
/// moments, `generator.LAYER.bn.running_mean` and `.running_var` the frozen statistics where they were made. Where the recipe
/// averages the generator's weights, `average.NAME` are the averages, and the statistics are those of the averaged generator, under
/// its names. The metadata hold a `Seal`.
///
/// Here is which numbers it holds, and in what order: no file is needed to take their digest.
package enum Checkpoint {
  typealias NamedTensor = (name: String, shape: [Int], values: [Float])

  static func weights(
    _ network: Network, prefix: String, of values: UnsafeMutablePointer<Float>? = nil
  ) -> [NamedTensor] {
    network.parameters.map {
      ("\(prefix).\($0.name)", $0.shape, unsafe $0.fileValues(from: values ?? network.parameterValues))
    }
  }

  static func tensors(of statistics: FrozenStatistics, _ network: Network) -> [NamedTensor] {
    statistics.layers.flatMap { layer -> [NamedTensor] in
      let gain = network.parameters.first { $0.layer.name == layer.name && $0.role == .gain }!
      let order = gain.memoryIndices()
      let name = unsafe "\(network.averageValues == nil ? "generator" : "average").\(layer.name).bn"
      return [
        ("\(name).running_mean", gain.shape, order.map { layer.mean[$0] }),
        ("\(name).running_var", gain.shape, order.map { layer.variance[$0] }),
      ]
    }
  }

  /// Both networks with their optimisers, and the frozen statistics where they were made.
  static func numbers(
    generator: Network, discriminator: Network, statistics: FrozenStatistics?
  ) -> [NamedTensor] {
    var tensors = unsafe weights(generator, prefix: "generator") + weights(discriminator, prefix: "discriminator")
    for (network, prefix) in [(generator, "generator"), (discriminator, "discriminator")] {
      for parameter in network.parameters {
        let name = "optimizer.\(prefix).\(parameter.name)"
        tensors.append(("\(name).exp_avg", parameter.shape, unsafe parameter.fileValues(from: network.firstMoments)))
        tensors.append(
          ("\(name).exp_avg_sq", parameter.shape, unsafe parameter.fileValues(from: network.secondMoments)))
      }
    }
    if let averages = unsafe generator.averageValues {
      unsafe tensors += weights(generator, prefix: "average", of: averages)
    }
    if let statistics { tensors += Self.tensors(of: statistics, generator) }
    return tensors
  }

  /// By the bytes of their names.
  static func sorted(_ tensors: [NamedTensor]) -> [NamedTensor] {
    tensors.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
  }

  /// The digest that a checkpoint of both networks with their optimisers would have in its metadata: SHA-256 of only the
  /// numbers, one tensor after the other, little-endian.
  package static func digest(generator: Network, discriminator: Network) -> String {
    var digest = SHA256()
    for tensor in sorted(numbers(generator: generator, discriminator: discriminator, statistics: nil)) {
      unsafe tensor.values.withUnsafeBytes { unsafe digest.update($0.bytes) }
    }
    return Digest.hexadecimal(digest.finalize())
  }
}
