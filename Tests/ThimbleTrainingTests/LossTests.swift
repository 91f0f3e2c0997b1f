import TrainingTestSupport
import Testing
import ThimbleKernelInterface
import ThimbleNetworks
import ThimbleThreads
import ThimbleTraining

/// Losses and optimisers of other kinds than the package's: what their protocols promise.
@Suite struct LossTests {
  private let tiny: TinyRun
  private let recipe: Recipe

  init() throws {
    tiny = try TinyRun()
    var recipe = tiny.recipe(.common)
    (recipe.schedule, recipe.learningRate) = (.both, 0.01)
    self.recipe = recipe
  }

  private func networks(_ loss: some AdversarialLoss) -> AdversarialNetworks {
    let networks = AdversarialNetworks(
      recipe, workers: Workers(count: 2), kernels: FloatKernels(.portable), loss: LossFunction(loss),
      optimizer: { OptimizerFunction(PlainDescent(rate: 0.01)) })
    networks.initialize()
    return networks
  }

  /// One step, and the gradients that it left.
  private func step(_ networks: AdversarialNetworks) -> (report: StepReport, gradients: [[Float]]) {
    var source = BatchSource(tiny.dataset, recipe)
    source.load(step: 0)
    let report = networks.apply(step: 0, real: source.real, latents: source.latents)
    return (
      report,
      [networks.generator, networks.discriminator].map {
        Array(UnsafeBufferPointer(start: $0.gradients, count: $0.parameterCount))
      }
    )
  }

  /// A loss that says that it compares, but does not, gives what it gives otherwise, but for the order of sums: the extra runs change
  /// nothing. Catches: a way back that does not follow its own way forward, halves mixed up.
  @Test func extraRunsChangeNothing() {
    let alone = step(networks(Squares(comparesHalves: false)))
    let comparing = step(networks(Squares(comparesHalves: true)))
    #expect(alone.report.isFinite && comparing.report.isFinite)
    #expect(alone.report.scoreOfReal == comparing.report.scoreOfReal)
    #expect(abs(alone.report.discriminatorLoss! - comparing.report.discriminatorLoss!) < 1e-6)
    for (a, b) in zip(alone.gradients, comparing.gradients) {
      #expect(a.contains { $0 != 0 })
      let scale = a.map(abs).max()!
      #expect(zip(a, b).allSatisfy { abs($0 - $1) < 1e-4 * scale })
    }
  }

  /// Both halves of a loss that compares are of the discriminator as it is. Catches: logits of the other half that are stale.
  @Test func bothHalvesAreOfNow() {
    let loss = RelativisticSquares()
    let report = step(networks(loss)).report
    #expect(report.isFinite && report.discriminatorLoss! > 0 && report.generatorLoss! > 0)
    #expect(loss.seen.count == 3)
    let (first, second, generators) = (loss.seen[0], loss.seen[1], loss.seen[2])
    #expect(first.real == second.real && first.generated == second.generated && first.real != first.generated)
    #expect(generators.real != first.real && generators.generated != first.generated)
  }

  /// Catches: an optimiser that is not asked, or is asked for the other network.
  @Test func optimizerMovesParameters() {
    let networks = networks(Squares(comparesHalves: false))
    let before = [networks.generator, networks.discriminator].map {
      Array(UnsafeBufferPointer(start: $0.parameterValues, count: $0.parameterCount))
    }
    let gradients = step(networks).gradients
    for (index, network) in [networks.generator, networks.discriminator].enumerated() {
      for i in before[index].indices {
        #expect(network.parameterValues[i] == before[index][i] - 0.01 * gradients[index][i])
      }
      #expect((0..<network.parameterCount).allSatisfy { network.firstMoments[$0] == 0 })
    }
  }
}

/// Least squares, with or without extra runs.
private struct Squares: AdversarialLoss {
  let comparesHalves: Bool

  func discriminatorLossAndGradient(
    of half: ImageOrigin, _ logits: BatchLogits, gradient: UnsafeMutablePointer<Float>
  ) -> Float { squares(logits[half], half == .real ? 1 : 0, gradient) }

  func generatorLossAndGradient(_ logits: BatchLogits, gradient: UnsafeMutablePointer<Float>) -> Float {
    squares(logits.generated, 1, gradient)
  }

  private func squares(_ logits: [Float], _ target: Float, _ gradient: UnsafeMutablePointer<Float>) -> Float {
    let count = Float(logits.count)
    for i in logits.indices { gradient[i] = 2 * (logits[i] - target) / count }
    return logits.reduce(0) { $0 + ($1 - target) * ($1 - target) } / count
  }
}

/// Relativistic average least squares (Jolicoeur-Martineau 2018): each logit against the mean of the other half.
private final class RelativisticSquares: AdversarialLoss {
  private(set) var seen: [BatchLogits] = []
  var comparesHalves: Bool { true }

  /// The share is mean (own - mean other - target)^2; the other share is by the mean of `own` alone.
  private func share(_ own: [Float], _ other: [Float], _ target: Float) -> (loss: Float, differences: [Float]) {
    let mean = other.reduce(0, +) / Float(other.count)
    let differences = own.map { $0 - mean - target }
    return (differences.reduce(0) { $0 + $1 * $1 } / Float(own.count), differences)
  }

  func discriminatorLossAndGradient(
    of half: ImageOrigin, _ logits: BatchLogits, gradient: UnsafeMutablePointer<Float>
  ) -> Float {
    seen.append(logits)
    let target: Float = half == .real ? 1 : -1
    let other = half == .real ? logits.generated : logits.real
    let (mine, others) = (share(logits[half], other, target), share(other, logits[half], -target))
    let count = Float(other.count)
    let mean = others.differences.reduce(0, +) / count
    for i in mine.differences.indices { gradient[i] = 2 * (mine.differences[i] - mean) / count }
    return mine.loss
  }

  func generatorLossAndGradient(_ logits: BatchLogits, gradient: UnsafeMutablePointer<Float>) -> Float {
    seen.append(logits)
    let (mine, others) = (share(logits.generated, logits.real, 1), share(logits.real, logits.generated, -1))
    let count = Float(logits.real.count)
    let mean = others.differences.reduce(0, +) / count
    for i in mine.differences.indices { gradient[i] = 2 * (mine.differences[i] - mean) / count }
    return mine.loss + others.loss
  }
}

private struct PlainDescent: Optimizer {
  let rate: Float

  func advance() {}

  func update(_ network: Network) {
    for i in 0..<network.parameterCount { network.parameterValues[i] -= rate * network.gradients[i] }
    network.parametersChanged()
  }
}
