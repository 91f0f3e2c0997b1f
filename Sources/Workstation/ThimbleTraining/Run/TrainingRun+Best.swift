import Foundation
import ThimbleNetworks
import ThimbleStorage

/// The best checkpoint, by the distance to the set. Training does not end at its best of itself: a generator and a discriminator
/// chase each other.
extension TrainingRun {
  /// Whether to measure the distance after this step: at multiples, and at the end of a run that had one.
  var isMeasured: Bool {
    guard gauge != nil, let every = options.measureEvery else { return false }
    return step % every == 0 || step == totalSteps && step > every
  }

  /// Writes a checkpoint that generators can be exported from.
  func writeFrozen(_ statistics: FrozenStatistics, to path: String) throws(FileError) {
    try Checkpoint.write(
      state, generator: networks.generator, discriminator: networks.discriminator, statistics: statistics, to: path)
  }

  /// Keeps this step's networks if none were nearer to the set; of equal ones the earlier.
  func keepIfBest(_ statistics: FrozenStatistics, _ distance: Double, tell: (String) -> Void) throws(FileError) {
    guard best.map({ distance < $0 }) ?? true else { return }
    // As with checkpoints: their steps must not lack their lines.
    try metrics.sync()
    try writeFrozen(statistics, to: folder.bestCheckpointPath)
    best = distance
    tell("best so far: \(folder.bestCheckpointPath), distance \(Decimals.text(distance, digits: 4)) at step \(step)")
  }
}

extension RunFolder {
  /// The distance of the best checkpoint, by the metrics. One of a step beyond `step`, which is to be trained anew, is removed. What
  /// cannot be read is moved aside, and reported to `warn`: the run has not written it.
  /// - Returns: nil where there is none.
  package func bestDistance(upTo step: Int, warn: (String) -> Void) throws(FileError) -> Double? {
    var status = stat()
    guard unsafe lstat(bestCheckpointPath, &status) == 0 else { return nil }
    let file = try? SafetensorsFile(path: bestCheckpointPath, links: .refuse)
    guard let found = file?.metadata["step"].flatMap({ Int($0) }) else {
      if let aside = putAside(bestCheckpointPath) { warn("passing over what is no checkpoint, now \(aside)") }
      return nil
    }
    var distance: Double?
    try StepMetrics.read(metricsPath) { if $0.step == found && $0.step <= step { distance = $0.distance } }
    if distance == nil { unsafe unlink(bestCheckpointPath) }
    return distance
  }
}
