import Foundation

/// One line that is written over and over in a terminal; plain lines, now and then, elsewhere.
struct ProgressLine {
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private var last: ContinuousClock.Instant?
  private var isOpen = false
  /// Time between two plain lines.
  private let plainInterval: Duration = .seconds(10)

  /// Shows `text()` if it is time to.
  mutating func show(always: Bool = false, _ text: () -> String) {
    let now = ContinuousClock.now
    let interval = isTerminal ? .milliseconds(100) : plainInterval
    if !always, let last, now - last < interval { return }
    last = now
    if isTerminal {
      write("\r\u{1B}[K\(Self.fit(text()))")
      isOpen = true
    } else {
      write(text() + "\n")
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

  /// Cuts a line to the terminal's width.
  private static func fit(_ text: String) -> String {
    var size = winsize()
    guard unsafe ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return text }
    return String(text.prefix(Int(size.ws_col) - 1))
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
