/// What was packed.
public struct PackingReport: Sendable, Equatable, CustomStringConvertible {
  /// An image that was left out.
  public struct BadImage: Sendable, Equatable {
    /// Its name within its input.
    public var name: String
    /// What is wrong with it.
    public var reason: String
  }

  /// [count, height, width, channels]
  public var shape: [Int]
  /// Whether the set has labels.
  public var isLabelled: Bool
  /// The images left out, in order.
  public var bad: [BadImage]
  /// Files among the inputs that are neither called images nor are any.
  public var ignoredCount: Int
  /// As in `Dataset.digest`.
  public var digest: String

  private static let largestList = 20

  /// The first names with their reasons, and how many more there are.
  static func list(_ bad: [BadImage]) -> String {
    let names = bad.prefix(largestList).map { "\($0.name) (\($0.reason))" }.joined(separator: "; ")
    return bad.count > largestList ? "\(names); and \(bad.count - largestList) more" : names
  }

  /// A few lines, without an end of line after the last one.
  public var description: String {
    var lines = [
      "packed \(shape[0]) images, \(shape[2]) x \(shape[1]), \(shape[3] == 1 ? "grey" : "colour"), "
        + (isLabelled ? "labelled" : "without labels"), "digest \(digest)",
    ]
    if !bad.isEmpty { lines.append("left out \(bad.count) bad images: \(Self.list(bad))") }
    if ignoredCount > 0 { lines.append("ignored \(ignoredCount) files that are no images") }
    return lines.joined(separator: "\n")
  }
}
