import Foundation
import ThimbleStorage
import ThimbleTraining

/// What to type next, for the page of a run: what helps where it stands.
struct NextCommands: Sendable {
  private let program = quoted(CommandWords.program)
  private let data: String
  private let folder: RunFolder
  private let steps: Int?
  /// Options that the run's folder does not hold, but for `--steps` and `--on-collapse`.
  private let options: [String]
  private let onCollapse: WatchOptions.CollapsePolicy

  init(train: TrainCommand, data: String, outdir: String) {
    self.data = data
    folder = RunFolder(path: outdir)
    steps = train.steps
    onCollapse = train.onCollapse
    let numbers = [
      ("--checkpoint-every", train.checkpointEvery), ("--grid-every", train.gridEvery),
      ("--keep-every", train.keepEvery), ("--measure-every", train.measureEvery), ("--threads", train.compute.threads),
    ]
    options =
      numbers.flatMap { name, number in number.map { [name, "\($0)"] } ?? [] }
      + (train.tensorboard ? ["--tensorboard"] : []) + (train.report ? [] : ["--no-report"])
  }

  /// The command that continues the run: to its end, or to other steps.
  func goOn(to steps: Int? = nil, onCollapse: WatchOptions.CollapsePolicy? = nil) -> String {
    var words = [CommandWords.program, "train", "--data", data, "--outdir", folder.path, "--resume"]
    if let steps = steps ?? self.steps { words += ["--steps", "\(steps)"] }
    words += options
    let policy = onCollapse ?? self.onCollapse
    if policy != .warn { words += ["--on-collapse", policy.rawValue] }
    return words.map(quoted).joined(separator: " ")
  }

  /// Each with what it does.
  func commands(_ run: ReportSituation) -> [(title: String, line: String)] {
    let outlet = outlet(run)
    switch run.stand {
    case .training:
      return outlet + [("If it is interrupted, continue", goOn())]
    case .interrupted:
      return [("Continue", goOn())] + outlet
    case .stopped where run.hasDiverged:
      return beginAgain + outlet
    case .stopped:
      return outlet + [("Continue all the same", goOn(onCollapse: .warn))] + beginAgain
    case .finished:
      return outlet + [("Train twice as long", goOn(to: 2 * max(1, run.totalSteps)))]
    }
  }

  /// To come to pictures: from the best networks, if distances were measured.
  private func outlet(_ run: ReportSituation) -> [(title: String, line: String)] {
    let (path, what): (String, String)
    if let best = run.best {
      (path, what) = (folder.bestCheckpointPath, "the networks nearest to the set, of step \(best.step),")
    } else if run.stand == .finished {
      (path, what) = (folder.finalCheckpointPath, "the networks of the last step")
    } else if let newest = run.newestCheckpoint {
      (path, what) = (folder.checkpointPath(step: newest), "the networks of step \(newest)")
    } else {
      return []
    }
    let generator = quoted(folder.path + "/generator.thimble")
    return [
      ("Export \(what) to one flat file", "\(program) export \(quoted(path)) -o \(generator)"),
      ("Sample", "\(program) sample \(generator) --grid 8x8 -o \(quoted(folder.path + "/samples.png"))"),
    ]
  }

  /// For a run that cannot come to a good end.
  private var beginAgain: [(title: String, line: String)] {
    let recipe = quoted(folder.path + "-again.json")
    var words = [CommandWords.program, "train", folder.path + "-again.json", "--data", data]
    words += ["--outdir", folder.path + "-again"]
    if let steps { words += ["--steps", "\(steps)"] }
    return [
      (
        "Save the recipe, then set a smaller learningRate in it",
        "\(program) train \(quoted(folder.recipePath)) --print-recipe > \(recipe)"
      ), ("Begin again with it", (words + options).map(quoted).joined(separator: " ")),
    ]
  }
}

extension TrainingOutlook {
  /// Warns of what will not be enough.
  func announce() { for warning in warnings { tell("warning: \(warning)") } }
}
