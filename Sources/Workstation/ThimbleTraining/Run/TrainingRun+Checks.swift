import Foundation
import ThimbleData
import ThimbleNetworks
import ThimbleStorage

extension TrainingRun {
  /// Refuses a data set that the recipe's networks cannot take.
  package static func check(_ recipe: Recipe, _ dataset: Dataset) throws(FileError) {
    guard dataset.height == recipe.size, dataset.width == recipe.size, dataset.channels == recipe.channels else {
      throw FileError(
        .badData, file: dataset.path, field: "images",
        found: "\(dataset.height)x\(dataset.width), \(dataset.channels) channels",
        wanted: "\(recipe.size)x\(recipe.size), \(recipe.channels) channels, as in the recipe",
        advice: "Pack the images with --size \(recipe.size), or change the recipe's size and channels.")
    }
    if recipe.classes > 0 {
      guard let labels = dataset.labels else {
        throw FileError(
          .badData, file: dataset.path, field: "labels", found: "none",
          wanted: "a class for each image, as in the recipe",
          advice:
            "Pack the images with labels (the label file next to an IDX file, one folder per class, or --labels), or set the recipe's classes to 0."
        )
      }
      if let label = labels.first(where: { $0 < 0 || $0 >= recipe.classes }) {
        throw FileError(
          .badData, file: dataset.path, field: "labels", found: "class \(label)",
          wanted: "classes from 0 to \(recipe.classes - 1), as in the recipe",
          advice: label < 0 || labels.max()! >= Recipe.mostClasses
            ? "Correct the set's labels: classes count from 0, and there are at most \(Recipe.mostClasses)."
            : "Set the recipe's classes to \(Int(labels.max()!) + 1), or correct the set's labels.")
      }
    }
    guard dataset.count >= recipe.batchSize else {
      throw FileError(
        .badData, file: dataset.path, field: "images", found: "\(dataset.count)",
        wanted: "at least one minibatch of \(recipe.batchSize)",
        advice: "Add images, or set a smaller batchSize in the recipe.")
    }
  }

  /// Refuses networks that do not fit the memory that there is, now or when the statistics are frozen at the end.
  package static func checkMemory(_ networks: AdversarialNetworks, _ recipe: Recipe) throws(FileError) {
    try MemoryLimit.present.check(
      networks.workspace.byteCount + networks.byteCountAtEnd, for: "a minibatch of \(recipe.batchSize)", file: "recipe",
      advice: "Set a smaller batchSize or smaller widths in the recipe.")
  }

  /// Refuses a folder that the run must not begin, or not continue, in: links, files that it would write over.
  package static func checkFolder(_ folder: RunFolder, resume: Bool) throws(FileError) {
    try folder.refuseLinks()
    if folder.holdsRun && !resume {
      throw FileError(
        .cannotWrite, file: folder.path, field: "run folder", found: "a run", wanted: "a new or empty folder",
        advice: "Continue that run with --resume, or choose another --outdir.")
    }
    if !resume, let leftover = folder.leftover {
      throw FileError(
        .cannotWrite, file: folder.path, field: "run folder", found: "a file of another run: \(leftover)",
        wanted: "a new or empty folder", advice: "Choose another --outdir: the run would write over this file.")
    }
    if resume && !folder.holdsRun {
      throw FileError(
        .missing, file: folder.recipePath, field: "run folder", found: "no run", wanted: "a run to resume",
        advice: "Leave out --resume to start a run, or check --outdir.")
    }
  }

  /// Refuses a checkpoint of another recipe or data set. More passes, or fewer if they are not over, are no other recipe: the steps up
  /// to here are the same.
  static func checkResumable(
    _ stored: StoredTraining, _ recipe: Recipe, _ dataset: Dataset, _ folder: RunFolder
  ) throws(FileError) {
    let file = folder.checkpointPath(step: stored.state.step)
    var begun = stored.state.recipe
    if stored.state.step <= recipe.passes * (dataset.count / recipe.batchSize) { begun.passes = recipe.passes }
    guard begun == recipe else {
      let differing = zip(stored.state.recipe.fields, recipe.fields).filter { $0.value != $1.value }
      func text(_ fields: [(name: String, value: String)]) -> String {
        fields.map { "\($0.name) \($0.value)" }.joined(separator: ", ")
      }
      throw FileError(
        .badData, file: file, field: "recipe", found: text(differing.map(\.0)),
        wanted: "\(text(differing.map(\.1))), as given now",
        advice: "Leave out the recipe to continue with the run's own, or start a new run.")
    }
    guard stored.state.dataDigest == dataset.digest else {
      throw FileError(
        .badData, file: file, field: "data_digest", found: stored.state.dataDigest, wanted: dataset.digest,
        advice: "The run started with another data set: name that one, or start a new run.")
    }
  }
}
