import ThimbleCodecs
import ThimbleStorage

#if canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// A decoded image as the decoders give it, before it is turned, cropped or resampled.
@safe package struct Raster: ~Copyable {
  /// u8. Shape: [height, width, channels].
  let pixels: UnsafePointer<UInt8>
  let width: Int
  let height: Int
  /// 1 grey, 2 grey and alpha, 3 colour, 4 colour and alpha.
  let channels: Int
  /// How to turn the image before it is shown.
  let orientation: Orientation
  /// Whether it is the first frame of several.
  let isAnimated: Bool
  private let owned: UnsafeMutablePointer<UInt8>?

  /// Grey pixels that somebody else keeps.
  init(borrowing pixels: UnsafePointer<UInt8>, width: Int, height: Int) {
    unsafe self.pixels = pixels
    self.width = width
    self.height = height
    channels = 1
    orientation = .upright
    isAnimated = false
    unsafe owned = nil
  }

  init(_ image: ThimbleImage, orientation: Orientation) {
    unsafe owned = image.pixels
    unsafe pixels = UnsafePointer(image.pixels)
    width = unsafe Int(image.width)
    height = unsafe Int(image.height)
    channels = unsafe Int(image.channels)
    self.orientation = orientation
    isAnimated = unsafe image.is_animated != 0
  }

  deinit { unsafe free(owned) }
}

extension Raster {
  /// Decodes the bytes of a PNG, JPEG, GIF or WebP file called `name`. Throws `badData`, or `fault` if there is no memory for it.
  package static func decoded(_ bytes: UnsafeRawBufferPointer, name: String) throws(FileError) -> Raster {
    func bad(_ found: String) -> FileError {
      FileError(
        .badData, file: name, field: "image", found: found, wanted: "a whole PNG, JPEG, GIF or WebP image",
        advice: "Replace the image or remove it; --skip-bad leaves such images out.")
    }
    let start = unsafe bytes.assumingMemoryBound(to: UInt8.self).baseAddress
    var image = unsafe ThimbleImage()
    var message = [CChar](repeating: 0, count: Int(THIMBLE_MESSAGE_SIZE))
    let status: Int32
    var orientation = Orientation.upright
    switch unsafe PictureKind(bytes) {
    case .png:
      unsafe status = thimble_png_decode(start, bytes.count, &image, &message)
      orientation = unsafe Orientation(png: bytes)
    case .jpeg:
      unsafe status = thimble_jpeg_decode(start, bytes.count, &image, &message)
      orientation = unsafe Orientation(jpeg: bytes)
    case .gif: unsafe status = thimble_gif_decode(start, bytes.count, &image, &message)
    case .webp:
      unsafe status = thimble_webp_decode(start, bytes.count, &image, &message)
      orientation = unsafe Orientation(webp: bytes)
    case .unread, nil: throw unsafe bad(PictureKind.reason(bytes, name: name))
    }
    if status == Int32(THIMBLE_NO_MEMORY) {
      throw FileError(
        .fault, file: name, field: "memory", found: "none left", wanted: "room for one decoded image",
        advice: "Close other programs, or use a smaller image.")
    }
    guard status == Int32(THIMBLE_DECODED) else {
      throw bad(String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
    }
    return unsafe Raster(image, orientation: orientation)
  }
}
