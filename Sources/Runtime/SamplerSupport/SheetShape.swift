/// Where images of one size lie on a sheet: in a grid, row after row, with white lines of 2 pixels around and between them.
///
/// A sheet is strips, one for each row of images, each beginning with its white lines; behind the last strip there are as many
/// white lines more.
package struct SheetShape: Sendable {
  /// White pixels around each image.
  package static let padding = 2
  /// The most columns, and the most rows, that a user can ask for.
  package static let largestGrid = 256

  /// Images in a row.
  package let columns: Int
  /// Rows of images.
  package let rows: Int
  /// Size of one image before it is magnified.
  package let imageHeight: Int
  /// Size of one image before it is magnified.
  package let imageWidth: Int
  /// 1 or 3.
  package let channels: Int
  /// Each pixel of an image becomes a square of this side.
  package let scale: Int
  /// Pixels of a strip.
  package let stripHeight: Int
  /// Pixels of the whole sheet.
  package let height: Int
  /// Pixels of the whole sheet.
  package let width: Int
  /// Bytes of a line.
  package let lineByteCount: Int
  /// Bytes of a strip.
  package let stripByteCount: Int

  /// Small images are shown at twice their size, unless told otherwise.
  @inline(never)
  package init(columns: Int, rows: Int, imageHeight: Int, imageWidth: Int, channels: Int, scale: Int? = nil) {
    precondition(columns > 0 && rows > 0 && imageHeight > 0 && imageWidth > 0 && channels > 0)
    (self.columns, self.rows, self.channels) = (columns, rows, channels)
    (self.imageHeight, self.imageWidth) = (imageHeight, imageWidth)
    let scale = scale ?? (imageWidth < 64 ? 2 : 1)
    precondition(scale > 0)
    self.scale = scale
    stripHeight = imageHeight * scale + Self.padding
    height = rows * stripHeight + Self.padding
    width = columns * (imageWidth * scale + Self.padding) + Self.padding
    lineByteCount = width * channels
    stripByteCount = stripHeight * lineByteCount
  }

  /// Puts an image into a column of a strip.
  ///
  /// - Parameters:
  ///   - image: u8 [imageHeight][imageWidth][channels].
  ///   - strip: u8 [stripHeight][width][channels]; what lies between images is left as it is.
  @inline(never)
  package func place(
    _ image: UnsafeRawBufferPointer, column: Int, strip: UnsafeMutableRawBufferPointer
  ) {
    precondition(column >= 0 && column < columns)
    precondition(image.count == imageHeight * imageWidth * channels && strip.count == stripByteCount)
    let left = column * (imageWidth * scale + Self.padding) + Self.padding
    for y in 0..<imageHeight * scale {
      var to = ((Self.padding + y) * width + left) * channels
      for x in 0..<imageWidth * scale {
        let from = (y / scale * imageWidth + x / scale) * channels
        for c in 0..<channels { unsafe strip[to + c] = unsafe image[from + c] }
        to += channels
      }
    }
  }
}

extension SheetShape {
  /// The columns and rows of a text such as `8x4`, 1 to 256 each; nil for another text.
  package static func grid(_ text: UnsafeBufferPointer<UInt8>) -> (columns: Int, rows: Int)? {
    var cross = 0
    while unsafe cross < text.count && text[cross] != 120 { cross += 1 }
    guard cross < text.count, let columns = unsafe Decimal.number(UnsafeBufferPointer(rebasing: text[..<cross])),
      let rows = unsafe Decimal.number(UnsafeBufferPointer(rebasing: text[(cross + 1)...])),
      (1...UInt64(largestGrid)).contains(columns), (1...UInt64(largestGrid)).contains(rows)
    else { return nil }
    return (Int(columns), Int(rows))
  }
}
