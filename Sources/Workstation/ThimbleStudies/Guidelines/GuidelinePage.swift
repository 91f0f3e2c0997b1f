import ThimbleTraining
import Foundation
import ThimbleStorage

/// The page of a study: a table, the curves, and grids of samples.
package struct GuidelinePage {
  /// What its text begins with.
  package static let heading = "# What the guidelines buy"
  package let command: String
  package let data: String
  package let steps: Int
  /// Of each guideline, one for each seed.
  package let outcomes: [(guideline: Guideline, runs: [GuidelineOutcome])]

  package init(
    command: String, data: String, steps: Int, outcomes: [(guideline: Guideline, runs: [GuidelineOutcome])]
  ) {
    (self.command, self.data, self.steps, self.outcomes) = (command, data, steps, outcomes)
  }

  /// What counts as converged: twice the mean least distance of the paper's networks.
  private var threshold: Double? {
    let least = outcomes.first { $0.guideline.name == "paper" }?.runs.compactMap(\.least) ?? []
    return least.isEmpty ? nil : 2 * least.reduce(0, +) / Double(least.count)
  }

  /// Markdown; pictures lie beside it: `curves.svg` and `NAME.png`.
  package var text: String {
    let seeds = outcomes.map(\.runs.count).max() ?? 0
    var lines = [
      Self.heading, "",
      "Each rule broken alone, \(steps) steps, \(seeds) seed\(seeds == 1 ? "" : "s"), on \(data).",
      "",
      "    \(command)", "",
      "Distances are those of `thimble measure` with 2,048 samples. Converged: at most "
        + (threshold.map { "\(Self.text($0)), twice the least of the paper's networks" }
          ?? "twice the least of the paper's networks, which are not among these")
        + ". Unrest: how much of the distance goes up again in the second half.", "",
      "| | the paper's claim | distance at the end, each seed | least | converged at step | unrest | samples alike |",
      "|---|---|---|---|---|---|---|",
    ]
    for (guideline, runs) in outcomes {
      let ends = runs.map { run in run.last.map(Self.text) ?? (run.divergence == nil ? "-" : "diverged") }
      let reached = runs.map { run in
        threshold.map { run.step(reaching: $0).map(String.init) ?? "never" } ?? "-"
      }
      lines.append(
        "| \(guideline.title) | \(guideline.claim) | \(ends.joined(separator: ", ")) | "
          + "\(Self.mean(runs.compactMap(\.least))) | \(reached.joined(separator: ", ")) | "
          + "\(Self.mean(runs.compactMap(\.unrest))) | \(runs.filter(\.isAlike).count) of \(runs.count) |"
      )
    }
    lines += ["", "![the distance of each over the steps](curves.svg)", ""]
    for (guideline, _) in outcomes {
      lines += ["\(guideline.title), first seed, at the end:", "", "![samples](\(guideline.name).png)", ""]
    }
    return lines.joined(separator: "\n")
  }

  /// A text that no part of is taken for Markdown, HTML or an address, within a paragraph: all signs that mean something there are
  /// escaped (CommonMark, section 2.4; addresses are GitHub's addition).
  package static func plain(_ text: String) -> String {
    var plain = ""
    for character in FileError.printable(text) {
      switch character {
      case "&": plain += "&amp;"
      case "<": plain += "&lt;"
      case ">": plain += "&gt;"
      case _ where "\\`*_{}[]()#+!|~$:@\"'=^".contains(character): plain += "\\\(character)"
      default: plain.append(character)
      }
    }
    return plain.replacing(/(?i)www\./) { "\($0.output.dropLast())\\." }
  }

  private static func text(_ value: Double) -> String { String(format: value < 10 ? "%.3f" : "%.1f", value) }

  private static func mean(_ values: [Double]) -> String {
    values.isEmpty ? "-" : text(values.reduce(0, +) / Double(values.count))
  }

  /// The distance over the steps, logarithmic: a line a seed, a colour a guideline.
  package var curves: String {
    let colours = ["#000000", "#0072b2", "#d55e00", "#cc79a7", "#009e73", "#e69f00", "#56b4e9", "#8a6d3b"]
    let (width, height, left, top) = (640.0, 360.0, 60.0, 10.0)
    let values = outcomes.flatMap { $0.runs.flatMap { $0.distances.map(\.value) } }.filter { $0 > 0 && $0.isFinite }
    guard let least = values.min(), let most = values.max(), steps > 0 else {
      return Self.svg("", width: 900, height: 420)
    }
    let (low, high) = (log10(least), max(log10(most), log10(least) + 0.1))
    func x(_ step: Int) -> Double { left + width * Double(step) / Double(steps) }
    func y(_ value: Double) -> Double { top + height * (high - log10(value)) / (high - low) }
    var body =
      "<rect x=\"\(left)\" y=\"\(top)\" width=\"\(width)\" height=\"\(height)\" fill=\"none\" stroke=\"#999\"/>\n"
    for tick in Int(low.rounded(.up))...max(Int(low.rounded(.up)), Int(high.rounded(.down))) {
      let value = pow(10, Double(tick))
      guard value >= least, value <= most else { continue }
      body += String(format: "<text x=\"8\" y=\"%.1f\">%g</text>\n", y(value) + 4, value)
      body += String(format: "<path d=\"M%.1f %.1fh%.1f\" stroke=\"#ddd\"/>\n", left, y(value), width)
    }
    body += String(format: "<text x=\"%.1f\" y=\"%.1f\">%d steps</text>\n", left + width - 70, top + height + 18, steps)
    for (index, (guideline, runs)) in outcomes.enumerated() {
      let colour = colours[index % colours.count]
      for run in runs {
        let points = run.distances.filter { $0.value > 0 && $0.value.isFinite }
        let path = points.map { String(format: "%.1f,%.1f", x($0.step), y($0.value)) }.joined(separator: " ")
        body += "<polyline points=\"\(path)\" fill=\"none\" stroke=\"\(colour)\" stroke-width=\"1.5\"/>\n"
      }
      let place = top + 20 + 20 * Double(index)
      body += "<text x=\"\(left + width + 12)\" y=\"\(place)\" fill=\"\(colour)\">\(guideline.title)</text>\n"
    }
    return Self.svg(body, width: 960, height: 400)
  }

  private static func svg(_ body: String, width: Int, height: Int) -> String {
    "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(width)\" height=\"\(height)\" font-family=\"sans-serif\" font-size=\"13\">\n"
      + "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n\(body)</svg>\n"
  }
}
