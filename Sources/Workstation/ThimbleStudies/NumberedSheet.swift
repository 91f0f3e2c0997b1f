import ThimbleBatches

/// Samples with their seeds below them, to pick from; with `rulers`, marks every eighth pixel, to draw boxes by.
package struct NumberedSheet {
  /// The sheet, a batch of one image.
  package let image: ImageBatch<UInt8>

  /// - Parameters:
  ///   - images: one a seed.
  ///   - columns: images in a row.
  ///   - scale: how often each pixel is repeated either way.
  package init(
    _ images: ImageBatch<UInt8>, seeds: [UInt64], columns: Int = 10, scale: Int = 2, rulers: Bool = false
  ) {
    let (pixels, h, w, c) = (images.pixels, images.height, images.width, images.channels)
    let columns = min(columns, seeds.count)
    let (cellWidth, cellHeight) = (w * scale + 6, h * scale + 6 + 2 * (Digits.height + 2))
    let width = columns * cellWidth
    var sheet = [UInt8](repeating: 255, count: (seeds.count + columns - 1) / columns * cellHeight * width * c)
    for (index, seed) in seeds.enumerated() {
      let (left, top) = (index % columns * cellWidth + 6, index / columns * cellHeight + 6)
      for y in 0..<(h * scale) {
        for x in 0..<(w * scale) {
          let from = ((index * h + y / scale) * w + x / scale) * c
          let to = ((top + y) * width + left + x) * c
          for channel in 0..<c { sheet[to + channel] = pixels[from + channel] }
        }
      }
      if rulers { Self.mark(&sheet, left, top, w, h, scale, width, c) }
      Digits.write(
        seed, x: left, y: top + h * scale, scale: 2, into: &sheet, width: width, channels: c)
    }
    image = ImageBatch(pixels: sheet, height: sheet.count / (width * c), width: width, channels: c)
  }

  private static func mark(
    _ sheet: inout [UInt8], _ left: Int, _ top: Int, _ w: Int, _ h: Int, _ scale: Int, _ width: Int, _ c: Int
  ) {
    for tick in stride(from: 0, to: max(w, h), by: 8) {
      let length = tick % 16 == 0 ? 5 : 2
      for along in 1...length {
        if tick < w { for channel in 0..<c { sheet[((top - along) * width + left + tick * scale) * c + channel] = 0 } }
        if tick < h { for channel in 0..<c { sheet[((top + tick * scale) * width + left - along) * c + channel] = 0 } }
      }
    }
  }
}
