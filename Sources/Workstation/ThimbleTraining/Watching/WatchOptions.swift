import Foundation

/// What is watched in a training run, and what is shown of it. None of it shows in the weights, but a rollback.
package struct WatchOptions: Sendable {
  /// What a run does when its samples become alike.
  package enum CollapsePolicy: String, Sendable, CaseIterable {
    /// Warns and continues.
    case warn
    /// Writes a checkpoint and ends.
    case stop
    /// Goes back to a checkpoint from before, and on with other draws; the fourth time it ends.
    case rollback
  }

  package var onCollapse: CollapsePolicy = .warn
  package var limits = Monitor.Limits()
  /// Whether to write TensorBoard's event files.
  package var tensorBoard = false
  /// What the page says beside numbers; nil: no page.
  package var report: ReportContext?

  package init() {}
}

/// What a run's page says about the program and the machine. The run itself does not know these.
package struct ReportContext: Sendable {
  /// Name and version.
  package var program: String
  package var threads: Int
  package var instructionSet: String
  /// Lines for a shell that help where the run stands, each with what it does.
  package var commands: @Sendable (ReportSituation) -> [(title: String, line: String)]

  package init(
    program: String, threads: Int, instructionSet: String,
    commands: @escaping @Sendable (ReportSituation) -> [(title: String, line: String)]
  ) {
    self.program = program
    self.threads = threads
    self.instructionSet = instructionSet
    self.commands = commands
  }

  /// What the system calls its processor.
  static var processor: String {
    // The file has no size to ask for, and is not mapped.
    let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix("model name") || $0.hasPrefix("Model") }
    let name = line?.split(separator: ":", maxSplits: 1).last.map { $0.trimmingCharacters(in: .whitespaces) }
    return name ?? "unknown"
  }
}

/// Where a run stands when its page is written.
package struct ReportSituation: Sendable {
  /// What the run does, or how it ended.
  package enum Stand: String, Sendable { case training, interrupted, stopped, finished }

  package var stand: Stand
  package var step: Int
  package var totalSteps: Int
  /// Whether it ended with numbers that are not finite: another run with the same recipe would, too.
  package var hasDiverged: Bool
  /// The step and the distance of the checkpoint that is nearest to the set, if distances are measured.
  package var best: (step: Int, distance: Double)?
  /// The step of the newest checkpoint, if there is one.
  package var newestCheckpoint: Int?
}
