import ThimbleNetworks

extension AdversarialNetworks {
  /// Where the numbers of the last way forward first ceased to be finite, in the order in which they were computed: a layer of the
  /// generator, then of the discriminator.
  func divergedLayer() -> String {
    if let layer = generator.divergedLayer(images: recipe.batchSize) { return "output of generator.\(layer)" }
    if let layer = discriminator.divergedLayer(images: recipe.batchSize) { return "output of discriminator.\(layer)" }
    return "loss"
  }

  /// The same after an update; nil if all numbers are finite.
  func divergedUpdate(of network: Network) -> String? {
    let name = network === generator ? "generator" : "discriminator"
    return network.divergedUpdate.map { "\($0.what) of \(name).\($0.parameter)" }
  }
}
