import Foundation
import ThimbleBatches
import ThimbleData
import SamplerSupport
import ThimbleStorage

extension ImageBatch<UInt8> {
  /// A grid that is about square and has room for all.
  var squareGrid: GridSize {
    let columns = Int(Double(count).squareRoot().rounded(.up))
    return GridSize(columns: columns, rows: (count + columns - 1) / columns)
  }

  /// The images on one sheet, as many as it has room for.
  func sheet(_ grid: GridSize) -> ImageBatch { sheet(columns: grid.columns, rows: grid.rows) }
}

/// Writes images to a file, or to standard output.
struct ImageWriter {
  let format: SampleCommand.Format

  /// The ending of files of one image.
  var ending: String { format.rawValue }

  /// Refuses formats and sheets that cannot hold images with this many channels; `file` is the generator's.
  func check(channels: Int, isSheet: Bool, file: String) throws(FileError) {
    guard channels != 1, channels != 3, isSheet || ![.raw, .safetensors].contains(format) else { return }
    throw FileError(
      .usage, file: file, field: "channels", found: "\(channels)",
      wanted: "1 (grey) or 3 (colour) for \(isSheet ? "a grid" : format.rawValue)",
      advice: "Use --raw or -o FILE.safetensors, without --grid: these hold any number of channels.")
  }

  func write(_ images: ImageBatch<UInt8>, to path: String?) throws(FileError) {
    let bytes =
      switch format {
      case .png: Self.png(images)
      case .ppm: (0..<images.count).flatMap { Self.netpbm(images[$0..<($0 + 1)]) }
      case .y4m: Self.y4m(images)
      case .raw, .safetensors: images.pixels
      }
    if let path, path != "-" {
      let file = try AtomicFile(path: path)
      do {
        try unsafe bytes.withUnsafeBytes { try unsafe file.write($0) }
      } catch { throw error as! FileError }
      try file.commit()
    } else {
      try StandardOutput.write(bytes)
    }
  }

  private static func png(_ image: ImageBatch<UInt8>) -> [UInt8] {
    unsafe image.pixels.withUnsafeBytes {
      unsafe PNGWriter.encoded($0, width: image.width, height: image.height, channels: image.channels)
    }
  }

  private static func netpbm(_ image: ImageBatch<UInt8>) -> [UInt8] {
    Netpbm.header(width: image.width, height: image.height, channels: image.channels).bytes + image.pixels
  }

  private static func y4m(_ images: ImageBatch<UInt8>) -> [UInt8] {
    var bytes = Film.header(width: images.width, height: images.height, channels: images.channels).bytes
    let area = images.width * images.height
    var plane = [UInt8](repeating: 0, count: area)
    for n in 0..<images.count {
      unsafe bytes += UnsafeBufferPointer(start: Film.frameHeader.utf8Start, count: Film.frameHeader.utf8CodeUnitCount)
      let pixels = Array(images[n])
      if images.channels == 1 {
        bytes += pixels
        continue
      }
      for number in 0..<3 {
        unsafe Film.convert(pixels, toPlane: number, &plane, count: area)
        bytes += plane
      }
    }
    return bytes
  }
}

extension ShortText {
  /// A copy of the bytes.
  fileprivate var bytes: [UInt8] { (0..<count).map { self[$0] } }
}
