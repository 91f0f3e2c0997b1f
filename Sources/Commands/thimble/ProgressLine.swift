import Foundation

/// A part of a progress line. Where there is no room for all, those of the highest rank are left out.
struct ProgressField {
  var text: String
  /// From 0, the most important.
  var rank: Int

  /// The fields that fit into so many columns, in their order. What is the last to go is cut.
  static func line(_ fields: [ProgressField], columns: Int) -> String {
    var fields = fields
    func joined() -> String { fields.map(\.text).joined(separator: "  ") }
    while fields.count > 1, joined().count > columns,
      let most = fields.indices.max(by: { fields[$0].rank < fields[$1].rank })
    {
      fields.remove(at: most)
    }
    let line = joined()
    return line.count <= columns ? line : line.prefix(max(0, columns - 1)) + "…"
  }
}

/// One line that is written over and over in a terminal; plain lines, now and then, elsewhere.
struct ProgressLine {
  let isTerminal = isatty(STDERR_FILENO) == 1
  private var last: ContinuousClock.Instant?
  private var isOpen = false
  /// Time between two plain lines.
  private let plainInterval: Duration = .seconds(10)

  /// Shows how much of something is done if it is time to, and that all is.
  mutating func show(_ what: String, _ done: Int, of total: Int, _ things: String = "") {
    show(always: done == total) {
      [
        ProgressField(text: what, rank: 1),
        ProgressField(text: "\(done) of \(total)\(things.isEmpty ? "" : " \(things)")", rank: 0),
      ]
    }
  }

  /// Shows the fields if it is time to.
  mutating func show(always: Bool = false, _ fields: () -> [ProgressField]) {
    let now = ContinuousClock.now
    let interval = isTerminal ? .milliseconds(100) : plainInterval
    if !always, let last, now - last < interval { return }
    last = now
    if isTerminal {
      write("\r\u{1B}[K\(ProgressField.line(fields(), columns: Self.columns - 1))")
      isOpen = true
    } else {
      write(ProgressField.line(fields(), columns: .max) + "\n")
    }
  }

  /// Ends the line, so that others can follow.
  mutating func finish() {
    if isOpen { write("\n") }
    isOpen = false
  }

  /// Removes the line, so that another can take its place.
  mutating func clear() {
    if isOpen { write("\r\u{1B}[K") }
    isOpen = false
  }

  /// The terminal's width.
  private static var columns: Int {
    var size = winsize()
    guard unsafe ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }

  private func write(_ text: String) { StandardError.write(text) }
}

/// Seconds as people read them: 45 s, 3 min 20 s, 2 h 05 min.
func duration(_ seconds: Double) -> String {
  guard seconds.isFinite, seconds < 1e9 else { return "unknown" }
  let s = Int(seconds.rounded())
  if s < 60 { return "\(s) s" }
  if s < 3600 { return "\(s / 60) min \(s % 60 < 10 ? "0" : "")\(s % 60) s" }
  return "\(s / 3600) h \(s / 60 % 60 < 10 ? "0" : "")\(s / 60 % 60) min"
}
