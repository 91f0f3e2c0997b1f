// Pictures and films without compression, as other programs read them.

/// PPM, or PGM for grey (netpbm.sourceforge.net): binary, one byte a sample. Files of several images are one after the other.
package enum Netpbm {
  /// What comes before the pixels of each image.
  package static func header(width: Int, height: Int, channels: Int) -> ShortText {
    var text = ShortText()
    text.append(channels == 1 ? "P5\n" : "P6\n")
    text.append(ShortText(UInt64(width)))
    text.append(" ")
    text.append(ShortText(UInt64(height)))
    text.append("\n255\n")
    return text
  }
}

/// YUV4MPEG2, which players and encoders read: 4:4:4 in BT.601's limited range by integers, or mono; 10 frames a second.
package enum Film {
  /// What comes before the first frame.
  package static func header(width: Int, height: Int, channels: Int) -> ShortText {
    var text = ShortText()
    text.append("YUV4MPEG2 W")
    text.append(ShortText(UInt64(width)))
    text.append(" H")
    text.append(ShortText(UInt64(height)))
    text.append(channels == 1 ? " F10:1 Ip A1:1 Cmono\n" : " F10:1 Ip A1:1 C444\n")
    return text
  }

  /// What comes before the planes of each frame.
  package static let frameHeader: StaticString = "FRAME\n"

  /// One plane (0 Y, 1 Cb, 2 Cr) of some pixels.
  ///
  /// - Parameters:
  ///   - colours: u8 [count][3], red, green and blue.
  ///   - samples: u8 [count].
  package static func convert(
    _ colours: UnsafePointer<UInt8>, toPlane plane: Int, _ samples: UnsafeMutablePointer<UInt8>, count: Int
  ) {
    for p in 0..<count {
      unsafe samples[p] = sample(Int32(colours[3 * p]), Int32(colours[3 * p + 1]), Int32(colours[3 * p + 2]), plane)
    }
  }

  /// The coefficients of BT.601 in units of 1/256; the result is 16 to 240.
  private static func sample(_ r: Int32, _ g: Int32, _ b: Int32, _ plane: Int) -> UInt8 {
    switch plane {
    case 0: UInt8(truncatingIfNeeded: 16 + (66 * r + 129 * g + 25 * b + 128) >> 8)
    case 1: UInt8(truncatingIfNeeded: 128 + (-38 * r - 74 * g + 112 * b + 128) >> 8)
    default: UInt8(truncatingIfNeeded: 128 + (112 * r - 94 * g - 18 * b + 128) >> 8)
    }
  }
}
