/// What the page says of the run's health: its warnings, or else what is known so far.
extension ReportPage {
  var findings: String {
    let rollbacks = report.rollbacks.enumerated().map { index, step in
      "<li><b>rollback</b> The samples had become alike. The run went back to step \(step) and continued with other random numbers "
        + "(\(index + 1) of \(TrainingRun.mostRollbacks) at most).</li>"
    }
    let warnings = report.warnings.map {
      "<li><b>\($0.kind.rawValue)</b> Step \($0.step): \(Self.escaped($0.finding)). <em>\(Self.escaped($0.hint)).</em></li>"
    }
    let all = rollbacks + warnings
    if all.isEmpty { return withoutWarning }
    return "<section class=\"warnings\" aria-label=\"Warnings\"><ul>\(all.joined())</ul></section>"
  }

  /// What is known, and what is not, where nothing warns.
  private var withoutWarning: String {
    let judged = report.judged
    let diversity = report.curves["diversity"]?.latest.map { Decimals.text($0, digits: 2) }
    let share = diversity.map { "\($0) of the diversity of real images" } ?? "no grid yet"
    let checks: [(isKnown: Bool, known: String, unknown: String)] = [
      (judged.diversity, "samples differ (\(share))", "whether samples will differ (by now: \(share))"),
      (judged.scores, "the discriminator is sometimes wrong, as it should be", "whether the discriminator teaches"),
      (judged.gradients, "gradients are in range", "whether gradients stay in range"),
    ]
    let known = checks.filter(\.isKnown).map(\.known).joined(separator: "; ")
    let unknown = checks.filter { !$0.isKnown }.map(\.unknown).joined(separator: "; ")
    let steps = "\(report.step) step\(report.step == 1 ? "" : "s")"
    if unknown.isEmpty {
      let isYoung = report.step < TrainingOutlook.fewestSteps
      return
        "<p class=\"\(isYoung ? "early" : "well")\">No warning in \(steps)\(stand == .finished ? "" : " so far"): \(known). "
        + (isYoung ? Self.usualSteps : "Whether the pictures are good, only your eyes can tell.") + "</p>"
    }
    let ended =
      stand == .finished
      ? "The training ended after \(steps), too early to judge it" : "After \(steps) it is too early to judge"
    return "<p class=\"early\">\(ended). Not known yet: \(unknown)."
      + (known.isEmpty ? "" : " Known: \(known).") + " \(Self.usualSteps)</p>"
  }

  private static let usualSteps =
    "Samples are noise at first. Something to recognise needs about 2,000 steps, good pictures 10,000 or more."
}
