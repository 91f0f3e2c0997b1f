import Foundation
import Thimble
import ThimbleStorage

/// What is known of a training run beside its numbers, in the metadata of a checkpoint. No time, host, path or thread count:
/// a checkpoint is a function of recipe, packed set and rollbacks.
package struct TrainingState: Sendable, Equatable {
  package var recipe: Recipe
  /// Minibatches done.
  package var step: Int
  /// The data set it was trained on.
  package var dataDigest: String
  package var dataName: String
  package var dataLicence: String
  /// The steps that the run went back to since its samples had become alike, in that order: the numbers are a function of these
  /// too. Which draws follow, `BatchSource` says.
  package var rollbacks: [Int]

  package init(
    recipe: Recipe, step: Int, dataDigest: String, dataName: String, dataLicence: String, rollbacks: [Int] = []
  ) {
    self.recipe = recipe
    self.step = step
    self.dataDigest = dataDigest
    self.dataName = dataName
    self.dataLicence = dataLicence
    self.rollbacks = rollbacks
  }
}

extension Checkpoint {
  static let format = "thimble-checkpoint 2"
  /// The same without a seal, as older versions wrote it.
  static let unsealedFormat = "thimble-checkpoint 1"
  /// What `import` writes: a generator alone, sealed.
  static let generatorFormat = "thimble-generator 2"

  /// Writes both networks with their optimisers, into a run's folder.
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
    if !state.rollbacks.isEmpty { metadata["rollbacks"] = state.rollbacks.map(String.init).joined(separator: " ") }
    try write(tensors, metadata, to: path, links: .refuse)
  }

  /// Writes tensors sorted by name, sealed. Numbers that are not finite are refused before a byte is written.
  static func write(
    _ tensors: [NamedTensor], _ metadata: [String: String], to path: String, links: LinkPolicy = .follow
  ) throws(FileError) {
    let tensors = sorted(tensors)
    for tensor in tensors { try requireFinite(tensor, path) }
    let entries = tensors.map { SafetensorsWriter.Entry($0.name, .f32, $0.shape) }
    let metadata = Seal.sealed(metadata, Array(zip(entries, tensors.map(\.values))))
    var writer = try SafetensorsWriter(path: path, metadata: metadata, entries: entries, links: links)
    for tensor in tensors { try writer.append(tensor.values) }
    try writer.commit()
  }

  private static func requireFinite(_ tensor: NamedTensor, _ path: String) throws(FileError) {
    guard let index = tensor.values.firstIndex(where: { !$0.isFinite }) else { return }
    throw FileError(
      .badData, file: path, field: tensor.name, found: "\(tensor.values[index]) at number \(index)",
      wanted: "finite numbers",
      advice: "Nothing was written. Lower the recipe's learningRate; earlier checkpoints are intact.")
  }
}
