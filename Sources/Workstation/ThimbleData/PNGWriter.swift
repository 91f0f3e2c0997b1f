import CZlib
import ThimbleStorage

/// Writes 8-bit grey or colour pixels as PNG: the same pixels give the same bytes (with one version of zlib). One filter
/// (Paeth) for all rows, one compression level, and nothing in the file but the image.
package enum PNGWriter {
  private static let level: Int32 = 6
  private static let paethFilter: UInt8 = 4

  /// Writes a file, whole or not at all. Throws `cannotWrite` or `inputOutput`.
  ///
  /// - Parameter pixels: u8. Shape: [height, width, channels], 1 or 3 channels.
  package static func write(
    _ pixels: UnsafeRawBufferPointer, width: Int, height: Int, channels: Int, to path: String,
    links: LinkPolicy = .follow
  ) throws(FileError) {
    let bytes = unsafe encoded(pixels, width: width, height: height, channels: channels)
    let file = try AtomicFile(path: path, links: links)
    do {
      try unsafe bytes.withUnsafeBytes { try unsafe file.write($0) }
    } catch { throw error as! FileError }
    try file.commit()
  }

  /// The bytes of the PNG file.
  package static func encoded(_ pixels: UnsafeRawBufferPointer, width: Int, height: Int, channels: Int) -> [UInt8] {
    precondition(width > 0 && height > 0 && width <= Int(Int32.max) && height <= Int(Int32.max))
    precondition((channels == 1 || channels == 3) && pixels.count == width * height * channels)
    var file = head(width: width, height: height, channels: channels)
    unsafe append("IDAT", compressed(pixels, width: width, channels: channels), to: &file)
    append("IEND", [], to: &file)
    return file
  }

  /// The signature and the first chunk.
  static func head(width: Int, height: Int, channels: Int) -> [UInt8] {
    var file: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
    let colorType: UInt8 = channels == 1 ? 0 : 2
    append("IHDR", bigEndian(width) + bigEndian(height) + [8, colorType, 0, 0, 0], to: &file)
    return file
  }

  /// The content of an image's data chunk.
  static func compressed(_ pixels: UnsafeRawBufferPointer, width: Int, channels: Int) -> [UInt8] {
    unsafe deflated(filtered(pixels, rowByteCount: width * channels, pixelByteCount: channels))
  }

  static func bigEndian(_ value: Int) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) }
  }

  static func append(_ kind: String, _ content: [UInt8], to file: inout [UInt8]) {
    let body = Array(kind.utf8) + content
    file += bigEndian(content.count) + body
    unsafe file += bigEndian(Int(crc32_z(0, body, body.count)))
  }

  /// Each row with its filter's number before it (PNG specification, section 9).
  private static func filtered(
    _ pixels: UnsafeRawBufferPointer, rowByteCount: Int, pixelByteCount: Int
  ) -> [UInt8] {
    let rows = pixels.count / rowByteCount
    return unsafe [UInt8](unsafeUninitializedCapacity: rows * (rowByteCount + 1)) { result, count in
      for y in 0..<rows {
        unsafe result.initializeElement(at: count, to: paethFilter)
        for x in 0..<rowByteCount {
          let at = y * rowByteCount + x
          let left = unsafe x >= pixelByteCount ? Int(pixels[at - pixelByteCount]) : 0
          let above = unsafe y > 0 ? Int(pixels[at - rowByteCount]) : 0
          let corner = unsafe x >= pixelByteCount && y > 0 ? Int(pixels[at - rowByteCount - pixelByteCount]) : 0
          unsafe result.initializeElement(at: count + 1 + x, to: pixels[at] &- paeth(left, above, corner))
        }
        count += rowByteCount + 1
      }
    }
  }

  @inline(__always)
  private static func paeth(_ left: Int, _ above: Int, _ corner: Int) -> UInt8 {
    let (a, b, c) = (abs(above - corner), abs(left - corner), abs(left + above - 2 * corner))
    return UInt8(truncatingIfNeeded: a <= b && a <= c ? left : b <= c ? above : corner)
  }

  private static func deflated(_ bytes: [UInt8]) -> [UInt8] {
    var count = compressBound(uLong(bytes.count))
    return unsafe [UInt8](unsafeUninitializedCapacity: Int(count)) { result, used in
      let status = unsafe compress2(result.baseAddress, &count, bytes, uLong(bytes.count), level)
      precondition(status == Z_OK, "no memory to compress an image")
      used = Int(count)
    }
  }
}
