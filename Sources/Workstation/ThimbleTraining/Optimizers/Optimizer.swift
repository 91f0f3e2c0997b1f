import ThimbleNetworks

/// How a network's gradients change its parameters.
///
/// A new optimiser is a type of its own in this folder, a case of `Recipe.Optimizer`, and a line of `OptimizerFunction.init(_:)`.
/// What it remembers of earlier gradients is in the network's first and second moments, which checkpoints hold; one that needs
/// less leaves them 0.
package protocol Optimizer {
  /// Counts an update, before its `update(_:)`. A run that continues from a checkpoint counts the updates before it.
  mutating func advance()

  /// Changes the network's parameters by the gradients that it holds; ends with `parametersChanged()`, if it changes them itself.
  func update(_ network: Network)
}
