import Thimble
import ThimbleKernelInterface
import ThimbleNetworks
import ThimbleThreads

/// What one minibatch gave. Losses that its schedule does not compute are nil.
package struct StepReport: Sendable, Equatable {
  /// mean softplus(-D(x)) + mean softplus(D(G(z))).
  package var discriminatorLoss: Float?
  /// mean softplus(-D(G(z))), the non-saturating loss.
  package var generatorLoss: Float?
  /// Mean of sigmoid(D(x)) over real images, and of sigmoid(D(G(z))) over generated ones.
  package var scoreOfReal: Float?
  package var scoreOfGenerated: Float?
  /// Where numbers first ceased to be finite; nil: nowhere. The minibatch was then not applied to its end, and the weights are of
  /// no use.
  package var divergence: String?

  /// Whether all numbers are finite: losses, weights and moments.
  package var isFinite: Bool { divergence == nil }
}

/// Generator and discriminator with their optimisers, in one workspace: what a minibatch is applied to.
package final class AdversarialNetworks {
  package let recipe: Recipe
  package let generator: Network
  package let discriminator: Network
  package let workspace: Workspace
  private let losses: AdversarialLosses
  /// Updates done so far, for Adam's bias correction.
  private var generatorUpdates = AdamPowers()
  private var discriminatorUpdates = AdamPowers()

  /// Reserves and allocates all memory. The recipe must be valid. Weights are 0 until `initialize` or a checkpoint's `load`.
  package init(
    _ recipe: Recipe, workers: Workers, kernels: FloatKernels, allocate: Bool = true, stopwatch: Stopwatch? = nil
  ) {
    self.recipe = recipe
    workspace = Workspace()
    let context = ComputeContext(workspace: workspace, workers: workers, kernels: kernels, stopwatch: stopwatch)
    let epsilon = Float(recipe.batchNormEpsilon)
    generator = Network(
      recipe.generatorLayers, capacity: recipe.batchSize, batchNormEpsilon: epsilon, trained: true,
      averaged: recipe.generatorAverage > 0, context)
    discriminator = Network(
      recipe.discriminatorLayers, capacity: recipe.batchSize, batchNormEpsilon: epsilon, trained: true, context)
    losses = AdversarialLosses(images: recipe.batchSize, kernels: kernels)
    if allocate { workspace.allocate() }
  }

  /// Draws the initial weights from the recipe's seed; no update is done yet.
  package func initialize() {
    for network in [generator, discriminator] {
      network.firstMoments.update(repeating: 0, count: network.parameterCount)
      network.secondMoments.update(repeating: 0, count: network.parameterCount)
    }
    (generatorUpdates, discriminatorUpdates) = (AdamPowers(), AdamPowers())
    generator.initialize(seed: recipe.seed, deviation: Float(recipe.weightDeviation), network: 0)
    discriminator.initialize(seed: recipe.seed, deviation: Float(recipe.weightDeviation), network: 1)
    generator.averageValues?.update(from: generator.parameterValues, count: generator.parameterCount)
  }

  /// Counts the updates of `steps` minibatches, as a checkpoint after them has them.
  func countUpdates(_ steps: Int) {
    (generatorUpdates, discriminatorUpdates) = (AdamPowers(), AdamPowers())
    for step in 0..<steps {
      if updatesGenerator(step) { generatorUpdates.advance(recipe) }
      if updatesDiscriminator(step) { discriminatorUpdates.advance(recipe) }
    }
  }

  private func updatesGenerator(_ step: Int) -> Bool { recipe.schedule == .both || step % 2 == 0 }
  private func updatesDiscriminator(_ step: Int) -> Bool { recipe.schedule == .both || step % 2 == 1 }

  /// Applies minibatch number `step` (from 0).
  /// - Parameters:
  ///   - real: [batchSize][side][side][channels] in [-1, 1].
  ///   - latents: [batchSize][latentLength + classes]; real images are of the same classes.
  package func apply(step: Int, real: UnsafePointer<Float>, latents: UnsafePointer<Float>) -> StepReport {
    var report = StepReport()
    generator.forward(latents, images: recipe.batchSize)
    let labels = LabelRows(latents + recipe.latentLength, stride: recipe.latents.count)
    if updatesDiscriminator(step) { updateDiscriminator(real, labels, &report) }
    if updatesGenerator(step) && report.divergence == nil { updateGenerator(latents, labels, &report) }
    return report
  }

  private func updateDiscriminator(
    _ real: UnsafePointer<Float>, _ labels: LabelRows, _ report: inout StepReport
  ) {
    let images = recipe.batchSize
    discriminator.clearGradients()
    discriminator.forward(real, images: images, labels: labels)
    let ofReal = losses.take(discriminator, wanted: .real)
    guard ofReal.loss.isFinite else { return report.divergence = divergedLayer() }
    discriminator.backward(input: real, images: images, parameterGradients: true, inputGradient: false)
    discriminator.forward(generator.output, images: images, labels: labels)
    let ofGenerated = losses.take(discriminator, wanted: .generated)
    guard ofGenerated.loss.isFinite else { return report.divergence = divergedLayer() }
    discriminator.backward(input: generator.output, images: images, parameterGradients: true, inputGradient: false)
    discriminatorUpdates.advance(recipe)
    discriminator.update(discriminatorUpdates.step(recipe))
    report.divergence = divergedUpdate(of: discriminator)
    report.discriminatorLoss = ofReal.loss + ofGenerated.loss
    report.scoreOfReal = ofReal.score
    report.scoreOfGenerated = ofGenerated.score
  }

  /// The generated images of this minibatch go through the discriminator once more, as it is by now.
  private func updateGenerator(
    _ latents: UnsafePointer<Float>, _ labels: LabelRows, _ report: inout StepReport
  ) {
    let images = recipe.batchSize
    discriminator.forward(generator.output, images: images, labels: labels)
    let outcome = losses.take(discriminator, wanted: .real)
    guard outcome.loss.isFinite else { return report.divergence = divergedLayer() }
    let gradient = discriminator.backward(
      input: generator.output, images: images, parameterGradients: false, inputGradient: true)!
    generator.clearGradients()
    generator.outputGradient.update(from: gradient, count: images * generator.outputCount)
    generator.backward(input: latents, images: images, parameterGradients: true, inputGradient: false)
    generatorUpdates.advance(recipe)
    generator.update(generatorUpdates.step(recipe))
    generator.moveAverages(weight: generatorUpdates.averageWeight(recipe))
    report.divergence = divergedUpdate(of: generator)
    report.generatorLoss = outcome.loss
    if report.scoreOfGenerated == nil { report.scoreOfGenerated = outcome.score }
  }
}
