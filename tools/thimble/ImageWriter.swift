import Foundation
import ThimbleData
import ThimbleStorage

/// Images of one size, u8 [count][height][width][channels].
struct ImageBatch {
  var pixels: [UInt8]
  var height: Int
  var width: Int
  var channels: Int

  var imageByteCount: Int { height * width * channels }
  var count: Int { pixels.count / imageByteCount }

  func one(_ index: Int) -> ImageBatch {
    var copy = self
    copy.pixels = Array(pixels[(index * imageByteCount)..<((index + 1) * imageByteCount)])
    return copy
  }

  /// A grid that is about square and has room for all.
  var squareGrid: GridSize {
    let columns = Int(Double(count).squareRoot().rounded(.up))
    return GridSize(columns: columns, rows: (count + columns - 1) / columns)
  }

  /// The images on one sheet, as many as it has room for; small ones are shown at twice their size.
  func sheet(_ grid: GridSize) -> ImageBatch {
    var sheet = ContactSheet(
      columns: grid.columns, rows: grid.rows, imageHeight: height, imageWidth: width, channels: channels,
      scale: width < 64 ? 2 : 1)
    pixels.withUnsafeBytes { bytes in
      for index in 0..<min(count, grid.columns * grid.rows) {
        sheet.place(
          UnsafeRawBufferPointer(rebasing: bytes[(index * imageByteCount)..<((index + 1) * imageByteCount)]), at: index)
      }
    }
    return ImageBatch(pixels: sheet.pixels, height: sheet.height, width: sheet.width, channels: channels)
  }
}

/// Writes images to a file, or to standard output.
struct ImageWriter {
  let format: SampleCommand.Format

  /// The ending of files of one image.
  var ending: String { format.rawValue }

  /// Refuses formats and sheets that cannot hold images of so many channels; `file` is the generator's.
  func check(channels: Int, isSheet: Bool, file: String) throws(FileError) {
    guard channels != 1, channels != 3, isSheet || ![.raw, .safetensors].contains(format) else { return }
    throw FileError(
      .usage, file: file, field: "channels", found: "\(channels)",
      wanted: "1 (grey) or 3 (colour) for \(isSheet ? "a grid" : format.rawValue)",
      advice: "Take --raw or -o FILE.safetensors, without --grid: they hold any number of channels.")
  }

  func write(_ images: ImageBatch, to path: String?) throws(FileError) {
    let bytes =
      switch format {
      case .png: Self.png(images)
      case .ppm: (0..<images.count).flatMap { Self.netpbm(images.one($0)) }
      case .y4m: Self.y4m(images)
      case .raw, .safetensors: images.pixels
      }
    if let path, path != "-" {
      let file = try AtomicFile(path: path)
      do {
        try bytes.withUnsafeBytes { try file.write($0) }
      } catch { throw error as! FileError }
      try file.commit()
    } else {
      try StandardOutput.write(bytes)
    }
  }

  private static func png(_ image: ImageBatch) -> [UInt8] {
    image.pixels.withUnsafeBytes {
      PNGWriter.encoded($0, width: image.width, height: image.height, channels: image.channels)
    }
  }

  /// PPM, or PGM for grey: binary, one byte a sample.
  private static func netpbm(_ image: ImageBatch) -> [UInt8] {
    Array("\(image.channels == 1 ? "P5" : "P6")\n\(image.width) \(image.height)\n255\n".utf8) + image.pixels
  }

  /// YUV4MPEG2, which players and encoders read: 4:4:4 in BT.601's limited range by integers, or mono; 10 frames a second.
  private static func y4m(_ images: ImageBatch) -> [UInt8] {
    let space = images.channels == 1 ? "mono" : "444"
    var bytes = Array("YUV4MPEG2 W\(images.width) H\(images.height) F10:1 Ip A1:1 C\(space)\n".utf8)
    let area = images.width * images.height
    for n in 0..<images.count {
      bytes += Array("FRAME\n".utf8)
      let first = n * images.imageByteCount
      for plane in 0..<images.channels {
        for p in 0..<area {
          let at = first + p * images.channels
          bytes.append(images.channels == 1 ? images.pixels[at] : yuv(images.pixels, at, plane))
        }
      }
    }
    return bytes
  }

  private static func yuv(_ rgb: [UInt8], _ at: Int, _ plane: Int) -> UInt8 {
    let (r, g, b) = (Int(rgb[at]), Int(rgb[at + 1]), Int(rgb[at + 2]))
    switch plane {
    case 0: return UInt8(16 + (66 * r + 129 * g + 25 * b + 128) >> 8)
    case 1: return UInt8(128 + (-38 * r - 74 * g + 112 * b + 128) >> 8)
    default: return UInt8(128 + (112 * r - 94 * g - 18 * b + 128) >> 8)
    }
  }
}
