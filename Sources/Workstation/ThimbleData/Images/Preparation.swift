import ThimbleStorage

/// A colour, 8 bits each.
package struct RGB: Sendable, Equatable {
  /// 0 to 255.
  package var red: UInt8
  /// 0 to 255.
  package var green: UInt8
  /// 0 to 255.
  package var blue: UInt8

  /// All 255.
  package static let white = RGB(red: 255, green: 255, blue: 255)

  /// A colour of three parts.
  package init(red: UInt8, green: UInt8, blue: UInt8) {
    self.red = red
    self.green = green
    self.blue = blue
  }

  /// Six hexadecimal digits, as in "FF8000"; nil for anything else.
  package init?(hexadecimal text: String) {
    guard text.utf8.count == 6, text.utf8.allSatisfy({ $0 != 43 && $0 != 45 }), let value = UInt32(text, radix: 16)
    else { return nil }
    self.init(
      red: UInt8(value >> 16), green: UInt8(truncatingIfNeeded: value >> 8), blue: UInt8(truncatingIfNeeded: value))
  }

  /// Brightness after ITU-R BT.601 (0.299, 0.587, 0.114 in parts of 65,536), rounded to the nearest.
  @inline(__always)
  var grey: UInt8 {
    let sum: UInt32 = 19_595 * UInt32(red) + 38_470 * UInt32(green) + 7_471 * UInt32(blue)
    return UInt8((sum + 32_768) >> 16)
  }

  /// This colour seen through `alpha` / 255 of another one: (c * alpha + own * (255 - alpha)) / 255, to the nearest.
  @inline(__always)
  func covered(by color: RGB, alpha: UInt8) -> RGB {
    func mix(_ own: UInt8, _ other: UInt8) -> UInt8 {
      UInt8((UInt32(other) * UInt32(alpha) + UInt32(own) * UInt32(255 - alpha) + 127) / 255)
    }
    return RGB(red: mix(red, color.red), green: mix(green, color.green), blue: mix(blue, color.blue))
  }
}

/// How a decoded image becomes one of the set: turned upright, laid over the background, made grey or colour, cropped to
/// the square in its middle (an odd rest: one pixel more is cut at the right or the bottom), resampled. Integers only.
struct Preparation: Sendable {
  /// Pixels of a side.
  var size: Int
  /// 1 or 3.
  var channels: Int
  var background: RGB

  var byteCount: Int { size * size * channels }

  /// - Parameters:
  ///   - name: what errors call the image.
  ///   - target: u8. Shape: [size, size, channels].
  func apply(_ image: borrowing Raster, _ name: String, to target: UnsafeMutablePointer<UInt8>) throws(FileError) {
    let side = min(image.width, image.height)
    if side == size {
      unsafe crop(image, side: side, into: target)
    } else {
      try Room.check(
        side * side * channels, for: "its square", file: name, advice: "Close other programs, or use a smaller image.")
      let square = UnsafeMutablePointer<UInt8>.allocate(capacity: side * side * channels)
      defer { unsafe square.deallocate() }
      unsafe crop(image, side: side, into: square)
      unsafe resample(square, from: side, to: size, channels: channels, into: target)
    }
  }

  private func crop(_ image: borrowing Raster, side: Int, into target: UnsafeMutablePointer<UInt8>) {
    let swaps = image.orientation.swapsSides
    let (width, height) = swaps ? (image.height, image.width) : (image.width, image.height)
    let steps = image.orientation.steps(width: image.width, height: image.height)
    let corner = steps.origin + (width - side) / 2 * steps.right + (height - side) / 2 * steps.down
    for y in 0..<side {
      let row = unsafe target + y * side * channels
      unsafe copy(image, from: corner + y * steps.down, step: steps.right, count: side, into: row)
    }
  }

  private func copy(
    _ image: borrowing Raster, from start: Int, step: Int, count: Int, into row: UnsafeMutablePointer<UInt8>
  ) {
    for x in 0..<count {
      let color = unsafe color(image.pixels + (start + x * step) * image.channels, image.channels)
      if channels == 1 {
        unsafe row[x] = color.grey
      } else {
        unsafe row[3 * x] = color.red
        unsafe row[3 * x + 1] = color.green
        unsafe row[3 * x + 2] = color.blue
      }
    }
  }

  @inline(__always)
  private func color(_ pixel: UnsafePointer<UInt8>, _ channels: Int) -> RGB {
    let isColor = channels >= 3
    let color = unsafe RGB(red: pixel[0], green: pixel[isColor ? 1 : 0], blue: pixel[isColor ? 2 : 0])
    return unsafe channels % 2 == 1 ? color : background.covered(by: color, alpha: pixel[channels - 1])
  }
}
