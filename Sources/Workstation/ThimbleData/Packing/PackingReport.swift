/// What was packed, what was not, and what was done to the pictures on the way.
package struct PackingReport: Sendable, Equatable, CustomStringConvertible {
  /// A class, or a folder of a set without labels, and how many pictures of the set are from it.
  package struct Group: Sendable, Equatable {
    package var name: String
    package var count: Int

    package init(name: String, count: Int) { (self.name, self.count) = (name, count) }
  }

  /// [count, height, width, channels]
  package var shape: [Int]
  /// Whether the set has labels.
  package var isLabelled: Bool
  /// In the order of the labels; without labels, of the folders' names. Empty where all lie in one.
  package var groups: [Group]
  /// What is not in the set, in the order of the inputs.
  package var leftOut: [LeftOut]
  /// What there is to know of labels and pictures; a line each.
  package var notes: [String]
  /// As in `Dataset.digest`.
  package var digest: String

  /// A few lines, without an end of line after the last one.
  package var description: String {
    var lines = [
      "packed \(Self.count(shape[0], "picture")), \(shape[2]) x \(shape[1]), \(shape[3] == 1 ? "grey" : "colour"), "
        + (isLabelled ? "labelled" : "without labels")
    ]
    lines += groupLines
    lines += notes.map { "note: \($0)" }
    lines += Self.lines(leftOut, atMost: 10)
    return (lines + ["digest \(digest)"]).joined(separator: "\n")
  }

  private static let largestGroupList = 20

  private var groupLines: [String] {
    let shown = groups.prefix(Self.largestGroupList)
    let width = shown.map(\.name.count).max() ?? 0
    var lines = shown.map { group in
      "  \(group.name)\(String(repeating: " ", count: min(max(0, width - group.name.count), 40)))  \(group.count)"
    }
    if groups.count > shown.count {
      let rest = groups.dropFirst(shown.count)
      lines.append("  and \(rest.count) more, with \(Self.count(rest.reduce(0) { $0 + $1.count }, "picture"))")
    }
    return lines
  }

  /// What was left out, by reason, each with some of the names.
  static func lines(_ leftOut: [LeftOut], atMost limit: Int) -> [String] {
    var lines: [String] = []
    for reason in LeftOut.Reason.allCases {
      let found = leftOut.filter { $0.reason == reason }
      guard !found.isEmpty else { continue }
      lines.append("left out, \(reason.rawValue): \(found.count)")
      lines += found.prefix(limit).map { "  \($0.text)" }
      if found.count > limit { lines.append("  and \(found.count - limit) more") }
    }
    return lines
  }

  /// Everything that was left out, one to a line: the reason, a tab, the name.
  static func list(_ leftOut: [LeftOut]) -> String {
    LeftOut.Reason.allCases.flatMap { reason in
      leftOut.filter { $0.reason == reason }.map { "\(reason.rawValue)\t\($0.text)\n" }
    }.joined()
  }

  /// "1 picture", "2 pictures".
  static func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }
}
