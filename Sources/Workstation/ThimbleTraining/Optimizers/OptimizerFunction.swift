import ThimbleNetworks

/// An optimiser of any type, by its functions: without an existential, which boards' Swift does not have.
package struct OptimizerFunction {
  /// Counts an update; `Optimizer` says more.
  let advance: () -> Void
  let update: (Network) -> Void

  package init(_ optimizer: some Optimizer) {
    var optimizer = optimizer
    advance = { optimizer.advance() }
    update = { optimizer.update($0) }
  }

  /// The optimiser that the recipe names, before its first update.
  init(_ recipe: Recipe) {
    switch recipe.optimizer {
    case .adam: self.init(Adam(recipe))
    }
  }
}
