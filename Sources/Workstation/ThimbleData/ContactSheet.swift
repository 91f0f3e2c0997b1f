import SamplerSupport
import ThimbleBatches
import ThimbleStorage

/// Images of one size on a sheet that is in memory as a whole.
package struct ContactSheet: Sendable {
  private let shape: SheetShape
  /// The whole sheet. Shape: [height, width, channels].
  package private(set) var pixels: [UInt8]

  /// Pixels of the whole sheet.
  package var height: Int { shape.height }
  /// Pixels of the whole sheet.
  package var width: Int { shape.width }

  /// A sheet without images: white. By default, small images are shown at twice their size.
  package init(columns: Int, rows: Int, imageHeight: Int, imageWidth: Int, channels: Int, scale: Int? = nil) {
    precondition(channels == 1 || channels == 3)
    shape = SheetShape(
      columns: columns, rows: rows, imageHeight: imageHeight, imageWidth: imageWidth, channels: channels, scale: scale)
    pixels = [UInt8](repeating: 255, count: shape.height * shape.lineByteCount)
  }

  /// Puts an image into a cell; cells count from the top left, along the rows.
  ///
  /// - Parameter image: u8. Shape: [imageHeight, imageWidth, channels].
  package mutating func place(_ image: UnsafeRawBufferPointer, at cell: Int) {
    precondition(cell >= 0 && cell < shape.columns * shape.rows)
    let (shape, size) = (shape, shape.stripByteCount)
    let start = cell / shape.columns * size
    unsafe pixels.withUnsafeMutableBytes {
      unsafe shape.place(
        image, column: cell % shape.columns, strip: UnsafeMutableRawBufferPointer(rebasing: $0[start..<(start + size)]))
    }
  }

  /// Writes the sheet as PNG, whole or not at all.
  package func write(to path: String, links: LinkPolicy = .follow) throws(FileError) {
    do {
      try unsafe pixels.withUnsafeBytes {
        try unsafe PNGWriter.write(
          $0, width: width, height: height, channels: shape.channels, to: path, links: links)
      }
    } catch { throw error as! FileError }
  }
}

extension ImageBatch<UInt8> {
  /// The images on one sheet, as many as it has room for, along its rows.
  package func sheet(columns: Int, rows: Int) -> ImageBatch {
    var sheet = ContactSheet(
      columns: columns, rows: rows, imageHeight: height, imageWidth: width, channels: channels)
    unsafe withImages { image in
      for cell in 0..<min(count, columns * rows) { unsafe sheet.place(image(cell), at: cell) }
    }
    return ImageBatch(pixels: sheet.pixels, height: sheet.height, width: sheet.width, channels: channels)
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
      unsafe sheet.place(image(first.map { $0 + cell } ?? cell * count / shown), at: cell)
    }
    try sheet.write(to: path)
  }
}
