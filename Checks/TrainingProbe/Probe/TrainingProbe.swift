// The first steps of training for boards, built by tools/boards/build TARGET training:
//
//   training-probe    ->    lines of `RECIPE STEP DIGEST`, as in Tests/Fixtures/reproduce/RECIPE/provenance.json
//
// Layers, networks, losses, optimiser, images and latents are the package's own sources; threads, files and JSON are left out.
import Thimble
import ThimbleData
import ThimbleKernelInterface
import ThimbleNetworks
import ThimbleThreads
import ThimbleTraining

private func train(_ name: StaticString, _ recipe: Recipe, steps: Int) {
  let networks = AdversarialNetworks(recipe, workers: Workers(), kernels: FloatKernels(.portable))
  networks.initialize()
  var source = BatchSource(Dataset(side: recipe.size, channels: recipe.channels), recipe)
  for step in 0..<steps {
    source.load(step: step)
    _ = networks.apply(step: step, real: source.real, latents: source.latents)
    if [1, 2, 5].contains(step + 1) {
      let digest = Checkpoint.digest(generator: networks.generator, discriminator: networks.discriminator)
      print("\(name) \(step + 1) \(digest)")
    }
  }
}

/// Trains both recipes.
@_cdecl("thimble_main") public func thimbleMain(_ count: Int32, _ arguments: UnsafeRawPointer) -> Int32 {
  var authors = Recipe(geometry: .authors, size: 16, channels: 3)
  authors.generatorWidths = [24, 12]
  authors.discriminatorWidths = [12, 24]
  var common = Recipe(geometry: .common, size: 28, channels: 1)
  common.generatorWidths = [32, 16]
  common.discriminatorWidths = [16, 32]
  (authors.batchSize, authors.seed, common.batchSize, common.seed) = (20, 7, 20, 7)
  train("authors", authors, steps: 5)
  train("common", common, steps: 5)
  return 0
}
