/// An animated PNG, as all browsers show it (PNG specification, third edition, section 11.3.6): an endless loop.
package enum AnimatedPNG {
  /// - Parameters:
  ///   - frames: u8, one after the other, each [height][width][channels].
  ///   - framesPerSecond: 1 to 65,535.
  package static func encoded(
    _ frames: [UInt8], width: Int, height: Int, channels: Int, framesPerSecond: Int
  ) -> [UInt8] {
    let size = width * height * channels
    let count = frames.count / size
    precondition(count >= 1 && frames.count == count * size && (1...65_535).contains(framesPerSecond))
    var file = PNGWriter.head(width: width, height: height, channels: channels)
    PNGWriter.append("acTL", PNGWriter.bigEndian(count) + PNGWriter.bigEndian(0), to: &file)
    var sequence = 0
    func next() -> [UInt8] {
      defer { sequence += 1 }
      return PNGWriter.bigEndian(sequence)
    }
    unsafe frames.withUnsafeBytes { bytes in
      for frame in 0..<count {
        let pixels = unsafe UnsafeRawBufferPointer(rebasing: bytes[(frame * size)..<((frame + 1) * size)])
        // Size, no offset, 1 / framesPerSecond, neither disposal nor blending.
        PNGWriter.append(
          "fcTL",
          next() + [width, height, 0, 0].flatMap(PNGWriter.bigEndian) + [0, 1]
            + PNGWriter.bigEndian(framesPerSecond).suffix(2) + [0, 0],
          to: &file)
        let data = unsafe PNGWriter.compressed(pixels, width: width, channels: channels)
        if frame == 0 {
          PNGWriter.append("IDAT", data, to: &file)
        } else {
          PNGWriter.append("fdAT", next() + data, to: &file)
        }
      }
    }
    PNGWriter.append("IEND", [], to: &file)
    return file
  }
}
