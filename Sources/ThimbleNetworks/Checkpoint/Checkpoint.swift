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

extension Checkpoint {
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

  /// Writes tensors sorted by name, with the SHA-256 of their bytes in the metadata.
  static func write(_ tensors: [NamedTensor], _ metadata: [String: String], to path: String) throws(FileError) {
    let tensors = sorted(tensors)
    var digest = SHA256()
    for tensor in tensors {
      tensor.values.withUnsafeBytes { digest.update($0.bytes) }
    }
    var metadata = metadata
    metadata["digest"] = Digest.hexadecimal(digest.finalize())
    var writer = try SafetensorsWriter(
      path: path, metadata: metadata, entries: tensors.map { .init($0.name, .f32, $0.shape) })
    for tensor in tensors { try writer.append(tensor.values) }
    try writer.commit()
  }
}
