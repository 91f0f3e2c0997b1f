import ThimbleNetworks

/// What can be said of a training before its first step: whether its images and its steps can be enough.
package struct TrainingOutlook: Sendable {
  /// Below this many images, both networks learn them by heart. The smallest set that a shipped generator was trained on has about
  /// 3,600.
  package static let fewestImages = 2000
  /// Below this many steps, samples are blurs. The shipped generators took 5,440 to 21,060.
  package static let fewestSteps = 2000
  private static let goodSteps = 10_000

  private let imageCount: Int
  private let batchSize: Int
  private let steps: Int

  package init(_ recipe: Recipe, imageCount: Int, steps: Int) {
    (self.imageCount, self.steps) = (imageCount, steps)
    batchSize = recipe.batchSize
  }

  /// What may not be enough, and what would be: two lines each, as an error has.
  package var warnings: [String] {
    var warnings: [String] = []
    if imageCount < Self.fewestImages {
      warnings.append(
        "\(imageCount) image\(imageCount == 1 ? " is" : "s are") few: samples may copy them or become alike.\n"
          + "Pack \(Self.fewestImages) similar images or more; 10000 are better.")
    }
    if steps < Self.fewestSteps {
      let perPass = max(1, imageCount / batchSize)
      let passes = (Self.fewestSteps + perPass - 1) / perPass
      warnings.append(
        "\(steps) step\(steps == 1 ? " is" : "s are") few: samples may still be noise or blurs.\n"
          + "Try --steps \(Self.fewestSteps) (--passes \(passes)); good pictures need \(Self.goodSteps) or more.")
    }
    return warnings
  }
}
