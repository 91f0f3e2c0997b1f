import Thimble
import ThimbleKernelInterface
import ThimbleNetworks
import ThimbleThreads

/// What one minibatch gave. Losses that its schedule does not compute are nil.
package struct StepReport: Sendable, Equatable {
  /// As the recipe's loss defines them.
  package var discriminatorLoss: Float?
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
  private let loss: LossFunction
  private let makeOptimizer: () -> OptimizerFunction
  private var generatorOptimizer: OptimizerFunction
  private var discriminatorOptimizer: OptimizerFunction
  /// Updates of the generator so far.
  private var generatorUpdates = 0
  private var logits: BatchLogits
  private var scores: Logistic

  /// Reserves and allocates all memory. The recipe must be valid. Weights are 0 until `initialize` or a checkpoint's `load`.
  /// - Parameters:
  ///   - loss: the default is the recipe's.
  ///   - optimizer: makes an optimiser before its first update (default: the recipe's).
  package init(
    _ recipe: Recipe, workers: Workers, kernels: FloatKernels, allocate: Bool = true, stopwatch: Stopwatch? = nil,
    loss: LossFunction? = nil, optimizer: (() -> OptimizerFunction)? = nil
  ) {
    self.recipe = recipe
    self.loss = loss ?? LossFunction(recipe, kernels: kernels)
    makeOptimizer = optimizer ?? { OptimizerFunction(recipe) }
    (generatorOptimizer, discriminatorOptimizer) = (makeOptimizer(), makeOptimizer())
    logits = BatchLogits(images: recipe.batchSize)
    scores = Logistic(images: recipe.batchSize, kernels: kernels)
    workspace = Workspace()
    let context = ComputeContext(workspace: workspace, workers: workers, kernels: kernels, stopwatch: stopwatch)
    let epsilon = Float(recipe.batchNormEpsilon)
    generator = Network(
      recipe.generatorLayers, capacity: recipe.batchSize, batchNormEpsilon: epsilon, trained: true,
      averaged: recipe.generatorAverage > 0, context)
    discriminator = Network(
      recipe.discriminatorLayers, capacity: recipe.batchSize, batchNormEpsilon: epsilon, trained: true, context)
    if allocate { workspace.allocate() }
  }

  /// Draws the initial weights from the recipe's seed; no update is done yet.
  package func initialize() {
    for network in [generator, discriminator] {
      unsafe network.firstMoments.update(repeating: 0, count: network.parameterCount)
      unsafe network.secondMoments.update(repeating: 0, count: network.parameterCount)
    }
    countUpdates(0)
    generator.initialize(seed: recipe.seed, deviation: Float(recipe.weightDeviation), network: 0)
    discriminator.initialize(seed: recipe.seed, deviation: Float(recipe.weightDeviation), network: 1)
    unsafe generator.averageValues?.update(from: generator.parameterValues, count: generator.parameterCount)
  }

  /// Counts the updates of `steps` minibatches, as a checkpoint after them has them.
  func countUpdates(_ steps: Int) {
    (generatorOptimizer, discriminatorOptimizer) = (makeOptimizer(), makeOptimizer())
    generatorUpdates = 0
    for step in 0..<steps {
      if updatesGenerator(step) {
        generatorOptimizer.advance()
        generatorUpdates += 1
      }
      if updatesDiscriminator(step) { discriminatorOptimizer.advance() }
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
    unsafe generator.forward(latents, images: recipe.batchSize)
    let minibatch = unsafe Minibatch(
      real: real, generated: UnsafePointer(generator.output), latents: latents,
      labels: LabelRows(latents + recipe.latentLength, stride: recipe.latents.count))
    if updatesDiscriminator(step) { updateDiscriminator(minibatch, &report) }
    if updatesGenerator(step) && report.divergence == nil { updateGenerator(minibatch, &report) }
    return report
  }

  private func updateDiscriminator(_ minibatch: Minibatch, _ report: inout StepReport) {
    discriminator.clearGradients()
    // A way back must follow its own way forward: a loss that compares the halves takes the real images' logits beforehand.
    if loss.comparesHalves { runDiscriminator(over: .real, minibatch) }
    var sum: Float = 0
    for half in loss.comparesHalves ? [ImageOrigin.generated, .real] : [.real, .generated] {
      runDiscriminator(over: half, minibatch)
      let share = unsafe loss.ofDiscriminator(half, logits, discriminator.outputGradient)
      guard share.isFinite else { return report.divergence = divergedLayer() }
      unsafe discriminator.backward(
        input: minibatch.images(half), images: recipe.batchSize, parameterGradients: true, inputGradient: false)
      sum += share
    }
    discriminatorOptimizer.advance()
    discriminatorOptimizer.update(discriminator)
    report.divergence = divergedUpdate(of: discriminator)
    report.discriminatorLoss = sum
    report.scoreOfReal = scores.meanScore(logits.real, sign: -1)
    report.scoreOfGenerated = scores.meanScore(logits.generated, sign: 1)
  }

  /// The generated images of this minibatch go through the updated discriminator once more.
  private func updateGenerator(_ minibatch: Minibatch, _ report: inout StepReport) {
    let images = recipe.batchSize
    if loss.comparesHalves { runDiscriminator(over: .real, minibatch) }
    runDiscriminator(over: .generated, minibatch)
    let value = unsafe loss.ofGenerator(logits, discriminator.outputGradient)
    guard value.isFinite else { return report.divergence = divergedLayer() }
    let gradient = unsafe discriminator.backward(
      input: minibatch.generated, images: images, parameterGradients: false, inputGradient: true)!
    generator.clearGradients()
    unsafe generator.outputGradient.update(from: gradient, count: images * generator.outputCount)
    unsafe generator.backward(input: minibatch.latents, images: images, parameterGradients: true, inputGradient: false)
    generatorOptimizer.advance()
    generatorUpdates += 1
    generatorOptimizer.update(generator)
    generator.moveAverages(weight: averageWeight)
    report.divergence = divergedUpdate(of: generator)
    report.generatorLoss = value
    if report.scoreOfGenerated == nil { report.scoreOfGenerated = scores.meanScore(logits.generated, sign: -1) }
  }

  private func runDiscriminator(over half: ImageOrigin, _ minibatch: Minibatch) {
    unsafe discriminator.forward(minibatch.images(half), images: recipe.batchSize, labels: minibatch.labels)
    unsafe logits.set(half, discriminator.output)
  }

  /// The share of this update's parameters in their running average: the plain mean of all updates until that share has fallen to
  /// 1 - decay, so that the initial weights leave no trace.
  private var averageWeight: Float { Float(max(1 - recipe.generatorAverage, 1 / Double(generatorUpdates))) }
}

/// What a step is given, and what the generator made of it.
@safe private struct Minibatch {
  let real: UnsafePointer<Float>
  let generated: UnsafePointer<Float>
  let latents: UnsafePointer<Float>
  let labels: LabelRows

  func images(_ origin: ImageOrigin) -> UnsafePointer<Float> { unsafe origin == .real ? real : generated }
}
