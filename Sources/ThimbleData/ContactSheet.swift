import ThimbleStorage

/// Images of one size in a grid, row after row, with white lines of 2 pixels around and between them.
package struct ContactSheet: Sendable {
  /// White pixels around each image.
  package static let padding = 2

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
  /// The whole sheet. Shape: [height, width, channels].
  package private(set) var pixels: [UInt8]

  /// Pixels of the whole sheet.
  package var height: Int { rows * (imageHeight * scale + Self.padding) + Self.padding }
  /// Pixels of the whole sheet.
  package var width: Int { columns * (imageWidth * scale + Self.padding) + Self.padding }

  /// A sheet without images: white.
  package init(columns: Int, rows: Int, imageHeight: Int, imageWidth: Int, channels: Int, scale: Int = 1) {
    precondition(columns > 0 && rows > 0 && imageHeight > 0 && imageWidth > 0 && scale > 0)
    precondition(channels == 1 || channels == 3)
    self.columns = columns
    self.rows = rows
    self.imageHeight = imageHeight
    self.imageWidth = imageWidth
    self.channels = channels
    self.scale = scale
    pixels = []
    pixels = [UInt8](repeating: 255, count: height * width * channels)
  }

  /// Puts an image into a cell; cells count from the top left, along the rows.
  ///
  /// - Parameter image: u8. Shape: [imageHeight, imageWidth, channels].
  package mutating func place(_ image: UnsafeRawBufferPointer, at cell: Int) {
    precondition(cell >= 0 && cell < columns * rows && image.count == imageHeight * imageWidth * channels)
    let top = cell / columns * (imageHeight * scale + Self.padding) + Self.padding
    let left = cell % columns * (imageWidth * scale + Self.padding) + Self.padding
    for y in 0..<imageHeight * scale {
      var to = ((top + y) * width + left) * channels
      for x in 0..<imageWidth * scale {
        let from = (y / scale * imageWidth + x / scale) * channels
        for c in 0..<channels { pixels[to + c] = image[from + c] }
        to += channels
      }
    }
  }

  /// Writes the sheet as PNG, whole or not at all.
  package func write(to path: String) throws(FileError) {
    do {
      try pixels.withUnsafeBytes {
        try PNGWriter.write($0, width: width, height: height, channels: channels, to: path)
      }
    } catch { throw error as! FileError }
  }
}

extension Dataset {
  /// The largest number of images on a sheet, and the longest side of a sheet in pixels.
  static let largestSheet = (count: 65_536, side: 32_768)

  /// Writes some images of the set as one PNG: those from `first` on, or, without it, images spread evenly over the set.
  /// Throws `usage` for a sheet that cannot be, `cannotWrite` or `inputOutput`.
  ///
  /// - Parameters:
  ///   - imageCount: How many, at most; the set may have fewer.
  ///   - columns: Images in a row; nil makes the sheet about square.
  package func writeSheet(
    to path: String, imageCount: Int = 64, columns: Int? = nil, first: Int? = nil, scale: Int = 1
  ) throws(FileError) {
    func usage(_ field: String, _ found: Int, _ wanted: String) -> FileError {
      FileError(
        .usage, file: self.path, field: field, found: "\(found)", wanted: wanted, advice: "Choose another \(field).")
    }
    guard (1...Self.largestSheet.count).contains(imageCount) else {
      throw usage("number of images", imageCount, "1 to \(Self.largestSheet.count)")
    }
    guard (0..<count).contains(first ?? 0) else { throw usage("first image", first ?? 0, "0 to \(count - 1)") }
    guard (1...16).contains(scale) else { throw usage("scale", scale, "1 to 16") }
    let shown = min(imageCount, count - (first ?? 0))
    let squareRoot = (1...shown).first { $0 * $0 >= shown } ?? 1
    let columns = columns ?? squareRoot
    guard (1...Self.largestSheet.count).contains(columns) else {
      throw usage("number of columns", columns, "1 to \(Self.largestSheet.count)")
    }
    let used = min(columns, shown)
    let rows = (shown + used - 1) / used
    guard max(used * (width * scale + 2), rows * (height * scale + 2)) <= Self.largestSheet.side else {
      throw usage("number of images", imageCount, "a sheet of at most \(Self.largestSheet.side) pixels a side")
    }
    var sheet = ContactSheet(
      columns: used, rows: rows, imageHeight: height, imageWidth: width, channels: channels, scale: scale)
    for cell in 0..<shown {
      sheet.place(image(first.map { $0 + cell } ?? cell * count / shown), at: cell)
    }
    try sheet.write(to: path)
  }
}
