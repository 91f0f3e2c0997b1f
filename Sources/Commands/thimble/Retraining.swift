import Foundation
import ThimbleData
import ThimbleNetworks
import ThimbleStorage
import ThimbleTraining

/// Trains a recipe again and takes the digests of its numbers on the way.
struct Retraining {
  /// What `reproduce` writes into the run's folder, beside the run itself.
  static let files = ["data.safetensors", "digests.txt", "generator.thimble", "networks.safetensors"]
  let recipe: Recipe
  let dataset: Dataset
  let folder: RunFolder
  let compute: ComputeOptions
  /// The steps whose digests are wanted, ascending.
  let steps: [Int]
  /// The step to stop at; the recipe's last one makes the final checkpoint.
  let end: Int
  let total: Int

  /// Trains, or continues. `take` is called with each wanted step, in order, and the digest after it; what it throws ends the run,
  /// which keeps a checkpoint of that step.
  /// - Returns: the step of an interruption; nil if the run came to its end.
  func run(_ take: (Int, String) throws(FileError) -> Void) throws(FileError) -> Int? {
    let rare = max(100, dataset.count / recipe.batchSize)
    let run = try TrainingRun(
      recipe, dataset: dataset, folder: folder, resume: folder.holdsRun,
      options: TrainingOptions(checkpointEvery: rare, gridEvery: rare), workers: compute.workers,
      kernels: try compute.kernels(), warn: tell)
    guard run.step <= end else {
      throw FileError(
        .usage, file: folder.path, field: "step of the run", found: "\(run.step)", wanted: "at most \(end)",
        advice: "Choose another --outdir: the run in this one has already gone further.")
    }
    var log = DigestLog(path: folder.path + "/digests.txt", upTo: run.step)
    for step in steps where step <= run.step && step < total {
      // Only the numbers of now can be taken after all.
      if log.digests[step] == nil && step == run.step { try log.add(run.digest(), after: step) }
      if let digest = log.digests[step] {
        try take(step, digest)
      } else {
        tell("step \(step) has no digest: the run had already passed it")
      }
    }
    let finished = try train(run, &log, take)
    if finished, steps.last == total { try take(total, try finalDigest()) }
    return finished || run.step == end ? nil : run.step
  }

  private func train(
    _ run: TrainingRun, _ log: inout DigestLog, _ take: (Int, String) throws(FileError) -> Void
  ) throws(FileError) -> Bool {
    Interruption.install()
    var view = TrainingView(run: run)
    view.begin(folder.path)
    var failure: FileError?
    let finished = try run.run(
      shouldStop: { Interruption.isWanted || failure != nil || run.step == end },
      onStep: { progress in
        view.show(progress)
        guard progress.step < total, steps.contains(progress.step) else { return }
        do throws(FileError) {
          let digest = run.digest()
          try log.add(digest, after: progress.step)
          view.clear()
          try take(progress.step, digest)
        } catch { failure = error }
      }, onCheckpoint: { _ in }, warn: { view.note($0) })
    view.end()
    if let failure { throw failure }
    return finished
  }

  /// Of the final checkpoint, with its frozen statistics.
  private func finalDigest() throws(FileError) -> String {
    try SafetensorsFile(path: folder.finalCheckpointPath).metadata["digest"] ?? ""
  }
}
