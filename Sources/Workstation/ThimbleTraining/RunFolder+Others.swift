import Foundation
import ThimbleStorage

/// What others may have put into a run's folder, and what a run does with it: it follows no link, and removes nothing that it did
/// not write.
extension RunFolder {
  /// The names of a run's files, but for those of single steps.
  private static let files = [
    "recipe.json", "metrics.jsonl", "log.txt", "report.html", "best.safetensors", "checkpoint.safetensors",
  ]
  /// Folders in which files are named by their step, with the ends of the names.
  private static let stepFolders = [(name: "grids", ending: ".png"), ("checkpoints", ".safetensors")]

  /// Refuses links where the run has its files and folders. Throws `cannotWrite`.
  /// - Parameter more: names of other files that the caller writes there.
  package func refuseLinks(_ more: [String] = []) throws(FileError) {
    for name in Self.files + more + ["tensorboard"] { try SymbolicLink.refuse("\(path)/\(name)") }
    for (folder, ending) in Self.stepFolders {
      try SymbolicLink.refuse("\(path)/\(folder)")
      for name in (try? FileManager.default.contentsOfDirectory(atPath: "\(path)/\(folder)")) ?? []
      where Self.step(name, ending: ending) != nil { try SymbolicLink.refuse("\(path)/\(folder)/\(name)") }
    }
  }

  /// Removes what a run that was killed while it wrote has left: files that never got their name. Others' stay.
  /// - Parameter more: names of other files that the caller writes there.
  package func removeUnfinished(_ more: [String] = []) {
    AbandonedFiles.remove(from: path) { Self.files.contains($0) || more.contains($0) }
    for (folder, ending) in Self.stepFolders {
      AbandonedFiles.remove(from: "\(path)/\(folder)") { Self.step($0, ending: ending) != nil }
    }
  }

  /// A file that a run would write over, in a folder without a run; nil if there is none. One that was killed before its first step
  /// leaves none.
  var leftover: String? {
    var status = stat()
    let names = ["checkpoint.safetensors", "best.safetensors", "report.html", "metrics.jsonl"].filter {
      unsafe lstat("\(path)/\($0)", &status) == 0 && (status.st_size > 0 || $0 != "metrics.jsonl")
    }
    return names.first.map { "\(path)/\($0)" } ?? gridSteps.first.map(gridPath)
  }

  /// Moves folders out of the places of checkpoints, where they would block the run's own files. Reports each to `warn`.
  func putFoldersAside(warn: (String) -> Void) {
    for step in checkpointSteps {
      let place = checkpointPath(step: step)
      var status = stat()
      guard unsafe lstat(place, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { continue }
      if let aside = putAside(place) { warn("passing over a folder in a checkpoint's place, now \(aside)") }
    }
  }

  /// Gives what stands at `place` another name, which nothing has yet.
  /// - Returns: that name's path; nil if it could not be moved.
  func putAside(_ place: String) -> String? {
    var (aside, number, status) = (place + ".aside", 1, stat())
    while unsafe lstat(aside, &status) == 0 {
      number += 1
      aside = "\(place).aside-\(number)"
    }
    return unsafe rename(place, aside) == 0 ? aside : nil
  }
}
