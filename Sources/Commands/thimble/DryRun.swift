import Foundation
import ThimbleData
import ThimbleNetworks
import ThimbleStorage
import ThimbleTraining

/// `train --dry-run`: what a run would be, without beginning it.
struct DryRun {
  let recipe: Recipe
  let dataset: Dataset?
  let compute: ComputeOptions
  let steps: Int?

  func run() throws {
    showRecipe()
    show("generator", recipe.generatorLayers)
    show("discriminator", recipe.discriminatorLayers)
    let networks = AdversarialNetworks(
      recipe, workers: compute.workers, kernels: try compute.kernels(), allocate: false)
    print(
      "memory     \(megabytes(networks.workspace.byteCount)) for the networks, their gradients and a minibatch of \(recipe.batchSize); "
        + "\(megabytes(networks.byteCountAtEnd)) more at the end, to freeze the statistics and write the networks")
    try TrainingRun.checkMemory(networks, recipe)
    guard let dataset else { return print("time       unknown without --data") }
    try TrainingRun.check(recipe, dataset)
    let total = steps ?? recipe.passes * (dataset.count / recipe.batchSize)
    TrainingOutlook(recipe, imageCount: dataset.count, steps: total).announce()
    let seconds = try secondsPerStep()
    let rate = Int(Double(recipe.batchSize) / seconds)
    print("data       \(dataset.count) images, \(megabytes(dataset.count * dataset.imageByteCount)), mapped")
    print(
      "time       about \(duration(Double(total) * seconds)) for \(total) steps at \(rate) images/s (four steps timed)")
  }

  /// All fields, but for passes that do not count.
  private func showRecipe() {
    guard let steps else { return print("recipe\n\(recipe.completeJSON)") }
    let lines = recipe.completeJSON.split(separator: "\n").filter { !$0.contains("\"passes\":") }
    print("recipe\n\(lines.joined(separator: "\n"))\n")
    print("steps      \(steps), as --steps says, and not the recipe's \(recipe.passes) passes\n")
  }

  private func show(_ title: String, _ layers: [LayerSpecification]) {
    print(title)
    var (parameters, products) = (0, 0)
    for layer in layers {
      let (kind, count) = (layer.kind, layer.kind.weightCount)
      let norm = layer.statistics == nil ? 0 : 2 * layer.statisticsCount
      print(
        "  \(layer.name.padding(toLength: 9, withPad: " ", startingAt: 0))"
          + " \(kind.shapeText), \(kind.kernel)x\(kind.kernel), \(count + norm) parameters, \(millions(kind.multiplyAccumulates)) MMAC"
      )
      parameters += count + norm
      products += kind.multiplyAccumulates
    }
    print("  in all    \(parameters) parameters, \(millions(products)) MMAC per image\n")
  }

  /// The mean of four minibatches of noise, after one untimed minibatch.
  private func secondsPerStep() throws -> Double {
    let networks = AdversarialNetworks(recipe, workers: compute.workers, kernels: try compute.kernels())
    networks.initialize()
    let real = [Float](repeating: 0.1, count: recipe.batchSize * recipe.size * recipe.size * recipe.channels)
    let latents = (0..<(recipe.batchSize * recipe.latentLength)).map { Float($0 % 17) / 8 - 1 }
    _ = unsafe networks.apply(step: 0, real: real, latents: latents)
    // Both kinds of step of the alternating schedule, twice.
    let elapsed = ContinuousClock().measure {
      for step in 0..<4 { _ = unsafe networks.apply(step: step, real: real, latents: latents) }
    }
    return elapsed / .seconds(4)
  }

  private func millions(_ n: Int) -> String { String(format: "%.2f", Double(n) / 1e6) }
  private func megabytes(_ n: Int) -> String { String(format: "%.1f MB", Double(n) / 1e6) }
}
