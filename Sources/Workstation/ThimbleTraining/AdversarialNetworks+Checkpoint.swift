import ThimbleNetworks
import ThimbleStorage

extension AdversarialNetworks {
  /// Takes weights, moments and the count of updates from a checkpoint of the same recipe.
  package func load(_ stored: StoredTraining) throws(FileError) {
    try stored.load(generator: generator, discriminator: discriminator)
    countUpdates(stored.state.step)
  }

  /// The digest of all numbers as they are now: what a checkpoint of this step has in its metadata.
  package func digest() -> String { Checkpoint.digest(generator: generator, discriminator: discriminator) }
}
