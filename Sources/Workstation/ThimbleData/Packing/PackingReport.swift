/// What was packed.
package struct PackingReport: Sendable, Equatable, CustomStringConvertible {
  /// An image that was left out.
  package struct BadImage: Sendable, Equatable {
    /// Its name within its input.
    package var name: String
    /// What is wrong with it.
    package var reason: String
  }

  /// [count, height, width, channels]
  package var shape: [Int]
  /// Whether the set has labels.
  package var isLabelled: Bool
  /// The images left out, in order.
  package var bad: [BadImage]
  /// Files among the inputs that are not images, neither by name nor by content.
  package var ignoredCount: Int
  /// The first image without a label where others have one, or would.
  package var unlabelled: String?
  /// As in `Dataset.digest`.
  package var digest: String

  private static let largestList = 20

  /// The first names with their reasons, and how many more there are.
  static func list(_ bad: [BadImage]) -> String {
    let names = bad.prefix(largestList).map { "\($0.name) (\($0.reason))" }.joined(separator: "; ")
    return bad.count > largestList ? "\(names); and \(bad.count - largestList) more" : names
  }

  /// A few lines, without an end of line after the last one.
  package var description: String {
    var lines = [
      "packed \(shape[0]) images, \(shape[2]) x \(shape[1]), \(shape[3] == 1 ? "grey" : "colour"), "
        + (isLabelled ? "labelled" : "without labels"), "digest \(digest)",
    ]
    if !isLabelled, let unlabelled { lines.append("without labels, because \(unlabelled) has none") }
    if !bad.isEmpty { lines.append("left out \(bad.count) bad images: \(Self.list(bad))") }
    if ignoredCount > 0 { lines.append("ignored \(ignoredCount) files that are not images") }
    return lines.joined(separator: "\n")
  }
}
