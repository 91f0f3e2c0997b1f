import ThimbleNetworks
import ThimbleStorage

/// What a run does with what is seen of it.
extension TrainingRun {
  /// The most rollbacks of a run: one that fails four times fails for a reason that other random numbers do not remove.
  static let mostRollbacks = 3

  /// Writes a grid and shows it.
  func write(_ grid: SampleGrid) throws(FileError) {
    try grid.sheet.write(to: folder.gridPath(step: step), links: .refuse)
    try observer?.show(grid, step: step)
  }

  /// Takes a step's numbers and its grid, if it has one; reports what they warn of.
  func observe(_ metrics: StepMetrics, _ grid: SampleGrid?, warn: (String) -> Void) throws(FileError) {
    for warning in try observer?.take(metrics) ?? [] {
      try note("warning: \(warning.line)")
      warn("warning: \(warning.line)")
    }
    if let grid { try write(grid) }
  }

  /// The newest checkpoint from when the samples were surely diverse, where the run may go back to it.
  var checkpointForRollback: Int? {
    guard let observer, options.watch?.onCollapse == .rollback else { return nil }
    return folder.checkpointSteps.last { $0 <= observer.monitor.lastDiverseStep }
  }

  /// Does what the options say when the samples of a grid are alike.
  /// - Returns: whether the run went back.
  func answerCollapse(
    _ grid: SampleGrid?, onCheckpoint: (String) -> Void, warn: (String) -> Void
  ) throws(FileError) -> Bool {
    guard grid != nil, let observer, let policy = options.watch?.onCollapse, observer.monitor.isCollapsed else {
      return false
    }
    switch policy {
    case .warn: return false
    case .stop:
      // A run that the user resumed in spite of it continues.
      guard observer.monitor.warnings.contains(where: { $0.kind == .collapse && $0.step == step }) else { return false }
    case .rollback:
      if source.rollbacks.count < Self.mostRollbacks {
        try rollBack(warn: warn)
        return true
      }
    }
    onCheckpoint(try writeCheckpoint())
    try note("stopped at step \(step): the samples have become alike")
    try observer.writeReport(.stopped)
    throw collapsed(policy)
  }

  private func collapsed(_ policy: WatchOptions.CollapsePolicy) -> FileError {
    let limits = options.watch?.limits ?? Monitor.Limits()
    return FileError(
      .interrupted, file: folder.path, field: "diversity of samples at step \(step)",
      found: policy == .rollback ? "a collapse after \(Self.mostRollbacks) rollbacks" : "a collapse",
      wanted: "at least \(limits.collapse) of the diversity of real images",
      advice:
        "Lower the recipe's learningRate or choose another seed. To continue anyway, use --resume --on-collapse warn.")
  }

  /// Goes back to the newest checkpoint from when the samples were surely diverse, or to the beginning. Steps from there on draw
  /// images and latents from another variation of the seed: with the same ones, they would end in the same collapse. A checkpoint is
  /// gone back to once: if that was not enough, the next rollback goes further.
  ///
  /// If the process is killed meanwhile, or before the next checkpoint, a resumed run comes to the same collapse and goes back once
  /// more: to the same bytes.
  private func rollBack(warn: (String) -> Void) throws(FileError) {
    guard let observer else { return }
    let collapsedStep = step
    var stored = try folder.newestCheckpoint(upTo: observer.monitor.lastDiverseStep, warn: warn)
    while let step = stored?.state.step, source.rollbacks.contains(step) {
      stored = try folder.newestCheckpoint(upTo: step - 1, warn: warn)
    }
    step = stored?.state.step ?? 0
    source.rollbacks.append(step)
    folder.removeAll(after: step)
    best = try folder.bestDistance(upTo: step, warn: warn)
    if let stored { try networks.load(stored) } else { networks.initialize() }
    metrics = try Self.metricsFile(folder, upTo: step)
    try observer.goBack(to: step, rollbacks: source.rollbacks)
    let text =
      "rollback \(source.rollbacks.count) of \(Self.mostRollbacks): from step \(collapsedStep) back to step \(step), and on with "
      + "other draws"
    try note(text)
    warn(text)
  }
}
