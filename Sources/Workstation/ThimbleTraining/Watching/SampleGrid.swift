import Thimble
import ThimbleData
import ThimbleStatistics
import ThimbleNetworks
import ThimbleStorage

/// Samples of seeds 0 ... 63, normalised within a minibatch of seeds 0 ... batchSize - 1, on a sheet.
struct SampleGrid {
  let sheet: ContactSheet
  /// Of the samples; nil if there is one only.
  let diversity: Diversity?

  /// Samples on a grid.
  static func count(_ recipe: Recipe) -> Int { min(64, recipe.batchSize) }

  /// Runs the generator; its parameters and gradients stay as they are.
  init(_ generator: Network, _ recipe: Recipe) {
    unsafe generator.forward(recipe.latents.rows(0..<recipe.batchSize), images: recipe.batchSize)
    let (count, size) = (Self.count(recipe), generator.outputCount)
    var sheet = ContactSheet(
      columns: 8, rows: (count + 7) / 8, imageHeight: recipe.size, imageWidth: recipe.size, channels: recipe.channels)
    let pixels = (0..<(count * size)).map { unsafe recipe.byte(generator.output[$0]) }
    for image in 0..<count {
      unsafe pixels[(image * size)..<((image + 1) * size)].withUnsafeBytes { unsafe sheet.place($0, at: image) }
    }
    self.sheet = sheet
    diversity = Diversity(pixels, count: count, imageByteCount: size)
  }
}

extension AdversarialNetworks {
  /// Samples of the generator that the run will give: the averaged one where the recipe averages.
  func sampleGrid() -> SampleGrid {
    generator.withAverages { SampleGrid(generator, recipe) }
  }
}
