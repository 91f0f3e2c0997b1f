/// Numbers on contact sheets, so that a seed can be read where its picture is seen.
package enum Digits {
  /// 3 x 5 pixels each, a row an octal digit.
  private static let shapes = [
    0o75557, 0o26227, 0o71747, 0o71717, 0o55711, 0o74717, 0o74757, 0o71111, 0o75757, 0o75717,
  ]
  package static let height = 5

  /// Writes a number with its top left corner at (x, y): white on black, one pixel around; what lies outside is left out.
  package static func write(
    _ number: UInt64, x: Int, y: Int, scale: Int = 1, into pixels: inout [UInt8], width: Int, channels: Int
  ) {
    let digits = "\(number)".utf8.map { Int($0) - 48 }
    let height = pixels.count / (width * channels)
    for row in 0..<((Self.height + 2) * scale) {
      for column in 0..<((4 * digits.count + 1) * scale) {
        let (at, line) = (column / scale - 1, row / scale - 1)
        var isOn = false
        if at >= 0, at % 4 < 3, at / 4 < digits.count, (0..<Self.height).contains(line) {
          isOn = shapes[digits[at / 4]] >> (3 * (Self.height - 1 - line) + 2 - at % 4) & 1 == 1
        }
        guard (0..<width).contains(x + column), (0..<height).contains(y + row) else { continue }
        for c in 0..<channels { pixels[((y + row) * width + x + column) * channels + c] = isOn ? 255 : 0 }
      }
    }
  }
}
