import Foundation

/// Numbers as people read them.
enum Decimals {
  /// Up to `digits` significant digits.
  static func text(_ value: Double, digits: Int) -> String { String(format: "%.\(digits)g", value) }

  /// Seconds in the largest two units that fit.
  static func duration(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds < 1e9 else { return "unknown" }
    let s = Int(seconds.rounded())
    if s < 60 { return "\(s) s" }
    if s < 3600 { return "\(s / 60) min \(s % 60) s" }
    return "\(s / 3600) h \(s / 60 % 60) min"
  }
}
