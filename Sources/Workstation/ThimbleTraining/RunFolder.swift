import Foundation
import ThimbleNetworks
import ThimbleStorage

/// The folder of a training run:
///
///     recipe.json                       the recipe with all its fields
///     metrics.jsonl                     one line a step
///     log.txt                           what happened when
///     report.html                       all of it to look at, in one page
///     tensorboard/                      events, if they are asked for
///     grids/step-0000468.png            samples of the same latents over time
///     checkpoints/step-0000468.safetensors
///     best.safetensors                  that of the least distance measured, with frozen statistics
///     checkpoint.safetensors            the last one, with frozen statistics: what `export` and `sample` take
package struct RunFolder: Sendable {
  package let path: String

  package init(path: String) { self.path = path }

  package var recipePath: String { path + "/recipe.json" }
  package var metricsPath: String { path + "/metrics.jsonl" }
  package var logPath: String { path + "/log.txt" }
  package var reportPath: String { path + "/report.html" }
  package var bestCheckpointPath: String { path + "/best.safetensors" }
  package var finalCheckpointPath: String { path + "/checkpoint.safetensors" }
  package func gridPath(step: Int) -> String { path + "/grids/step-\(Self.digits(step)).png" }
  package func checkpointPath(step: Int) -> String { path + "/checkpoints/step-\(Self.digits(step)).safetensors" }

  private static func digits(_ step: Int) -> String {
    String(repeating: "0", count: max(0, 7 - "\(step)".count)) + "\(step)"
  }

  /// Makes the folder and those in it. Throws `cannotWrite`.
  package func create() throws(FileError) {
    for folder in [path + "/grids", path + "/checkpoints"] { try Folder.create(folder) }
  }

  /// Steps of the checkpoints there are, ascending.
  package var checkpointSteps: [Int] { steps(in: "checkpoints", ending: ".safetensors") }
  /// Steps of the grids there are, ascending.
  package var gridSteps: [Int] { steps(in: "grids", ending: ".png") }

  private func steps(in folder: String, ending: String) -> [Int] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "\(path)/\(folder)")) ?? []
    return names.compactMap { Self.step($0, ending: ending) }.sorted()
  }

  /// The step of a file that a run has named; nil of others, which are not the run's.
  static func step(_ name: String, ending: String) -> Int? {
    guard name.hasPrefix("step-"), name.hasSuffix(ending) else { return nil }
    let digits = name.dropFirst(5).dropLast(ending.count)
    return Int(digits).flatMap { Self.digits($0) == digits ? $0 : nil }
  }

  /// Removes checkpoints that need not be kept: all but the last three up to the step `newest`, every `keepEvery`-th step and
  /// those of `kept`. Newer ones are broken: a run passes over them, and writes them again when it comes there.
  func removeOldCheckpoints(newest: Int, keepEvery: Int?, kept: Set<Int>) {
    for step in checkpointSteps.filter({ $0 <= newest }).dropLast(3) where !kept.contains(step) {
      if let keepEvery, step % keepEvery == 0 { continue }
      unsafe unlink(checkpointPath(step: step))
    }
  }

  /// Removes checkpoints and grids of steps beyond `step`, the last ones first: whatever remains if that is cut short is the
  /// beginning of a run.
  func removeAll(after step: Int) {
    for step in checkpointSteps.reversed().prefix(while: { $0 > step }) { unsafe unlink(checkpointPath(step: step)) }
    for step in gridSteps.reversed().prefix(while: { $0 > step }) { unsafe unlink(gridPath(step: step)) }
  }

  /// Keeps other processes out of the folder while this one lives. Throws `cannotWrite` if another one trains in it.
  func lock() throws(FileError) {
    let descriptor = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    // If a file system has no locks, the folder is not locked.
    guard descriptor >= 0, flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK else { return }
    close(descriptor)
    throw FileError(
      .cannotWrite, file: path, field: "run folder", found: "another process that trains in it",
      wanted: "a folder for this one alone", advice: "Wait for that process or end it, or choose another --outdir.")
  }

  /// Whether a run has begun here.
  package var holdsRun: Bool { FileManager.default.fileExists(atPath: recipePath) || !checkpointSteps.isEmpty }

  /// The file of a step, whole and a checkpoint of that step.
  private func wholeFile(_ step: Int) throws(FileError) -> SafetensorsFile {
    let file = try SafetensorsFile(path: checkpointPath(step: step), links: .refuse)
    try file.checkWhole()
    guard file.metadata["step"] == "\(step)" else {
      throw FileError(
        .badData, file: file.path, field: "step", found: file.metadata["step"] ?? "nothing",
        wanted: "\(step), as its name says", advice: "The file was renamed; take an earlier checkpoint.")
    }
    return file
  }

  /// The newest whole checkpoint up to step `last`; nil if there is none. Broken ones are reported to `warn`,
  /// a line each, and passed over.
  ///
  /// Throws if all are broken, or if the newest whole one is of other arithmetic: an older one would be as well.
  /// Whether its recipe and its data are the run's, its `state` says.
  package func newestCheckpoint(upTo last: Int = .max, warn: (String) -> Void) throws(FileError) -> StoredTraining? {
    var firstError: FileError?
    for step in checkpointSteps.reversed() where step <= last {
      let file: SafetensorsFile
      do throws(FileError) {
        file = try wholeFile(step)
      } catch {
        firstError = firstError ?? error
        warn("passing over a checkpoint: \(error.description.split(separator: "\n").first ?? "")")
        continue
      }
      return try StoredTraining(whole: file)
    }
    guard var error = firstError else {
      // Somebody removed the checkpoints of a run that had ended: the last one is there under another name.
      guard last == .max, FileManager.default.fileExists(atPath: finalCheckpointPath) else { return nil }
      let file = try SafetensorsFile(path: finalCheckpointPath, links: .refuse)
      try file.checkWhole()
      warn("continuing from \(finalCheckpointPath): there is none in checkpoints/")
      return try StoredTraining(whole: file)
    }
    error.advice = "No checkpoint of this run is whole: begin a new run in another --outdir."
    throw error
  }
}
