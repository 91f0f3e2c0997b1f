/// What kind of picture some bytes are. The first bytes decide, not the file's name.
package enum PictureKind {
  /// Kinds that are decoded.
  case png, jpeg, gif, webp
  /// Another kind of picture, by its name.
  case unread(String)

  /// The kind of picture that these bytes begin; nil for anything else.
  package init?(_ bytes: UnsafeRawBufferPointer) {
    func begins(_ text: StaticString, at offset: Int = 0) -> Bool {
      let wanted = unsafe UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
      return unsafe bytes.dropFirst(offset).starts(with: wanted)
    }
    if unsafe bytes.starts(with: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]) {
      self = .png
    } else if unsafe bytes.starts(with: [0xff, 0xd8, 0xff]) {
      self = .jpeg
    } else if begins("GIF87a") || begins("GIF89a") {
      self = .gif
    } else if begins("RIFF") && begins("WEBP", at: 8) {
      self = .webp
    } else if begins("ftyp", at: 4), let name = unsafe Self.brand(bytes) {
      self = .unread(name)
    } else if let name = unsafe Self.other(bytes) {
      self = .unread(name)
    } else {
      return nil
    }
  }

  /// Pictures in ISO base media files (ISO/IEC 14496-12), by their major brand; nil for films and other things.
  private static func brand(_ bytes: UnsafeRawBufferPointer) -> String? {
    switch unsafe String(decoding: bytes.dropFirst(8).prefix(4), as: UTF8.self) {
    case "heic", "heix", "heim", "heis", "hevc", "mif1", "msf1": "HEIC"
    case "avif", "avis": "AVIF"
    case "crx ": "CR3"
    default: nil
    }
  }

  private static func other(_ bytes: UnsafeRawBufferPointer) -> String? {
    let starts: [([UInt8], String)] = [
      ([0x49, 0x49, 0x2a, 0x00], "TIFF"), ([0x4d, 0x4d, 0x00, 0x2a], "TIFF"), ([0x49, 0x49, 0x2b, 0x00], "TIFF"),
      (Array("8BPS".utf8), "Photoshop"), ([0xff, 0x0a], "JPEG XL"),
      ([0, 0, 0, 0x0c, 0x4a, 0x58, 0x4c, 0x20], "JPEG XL"), ([0, 0, 0, 0x0c, 0x6a, 0x50, 0x20, 0x20], "JPEG 2000"),
      ([0xff, 0x4f, 0xff, 0x51], "JPEG 2000"),
    ]
    if let found = starts.first(where: { unsafe bytes.starts(with: $0.0) }) { return found.1 }
    // "BM" alone could begin any text: the size of the second header must be one that exists.
    if bytes.count >= 18, unsafe bytes.starts(with: Array("BM".utf8)),
      unsafe [12, 40, 52, 56, 64, 108, 124].contains(bytes[14]), unsafe bytes[15...17].allSatisfy({ $0 == 0 })
    {
      return "BMP"
    }
    // "P6", white space, a digit or a comment.
    if bytes.count >= 4, unsafe bytes[0] == UInt8(ascii: "P"),
      unsafe (UInt8(ascii: "1")...UInt8(ascii: "6")).contains(bytes[1]),
      unsafe [9, 10, 13, 32].contains(bytes[2]), unsafe (48...57).contains(bytes[3]) || bytes[3] == UInt8(ascii: "#")
    {
      return "PNM"
    }
    return nil
  }
}

extension PictureKind {
  private static let decodedEndings: Set<String> = ["png", "apng", "jpg", "jpeg", "jpe", "jfif", "gif", "webp"]
  private static let unreadEndings: [String: String] = [
    "bmp": "BMP", "dib": "BMP", "tif": "TIFF", "tiff": "TIFF", "heic": "HEIC", "heif": "HEIC", "avif": "AVIF",
    "jxl": "JPEG XL", "jp2": "JPEG 2000", "j2k": "JPEG 2000", "psd": "Photoshop", "svg": "SVG", "ppm": "PNM",
    "pgm": "PNM",
    "pbm": "PNM", "pnm": "PNM", "tga": "TGA", "dng": "DNG", "cr2": "CR2", "cr3": "CR3", "nef": "NEF", "arw": "ARW",
    "orf": "ORF", "rw2": "RW2", "raf": "RAF",
  ]

  /// Whether a file's name says that it is a picture.
  static func isName(ofPicture name: String) -> Bool {
    let ending = Path.ending(name)
    return decodedEndings.contains(ending) || unreadEndings[ending] != nil
  }

  /// Why bytes that are called a picture cannot be decoded.
  static func reason(_ bytes: UnsafeRawBufferPointer, name: String) -> String {
    func begins(_ text: String) -> Bool { unsafe bytes.starts(with: Array(text.utf8)) }
    if unsafe bytes.isEmpty { return "an empty file" }
    if case .unread(let kind)? = unsafe PictureKind(bytes) { return unread(kind) }
    if let kind = unreadEndings[Path.ending(name)] { return unread(kind) }
    if begins("version https://git-lfs") { return "a pointer of Git LFS, not the picture: run git lfs pull" }
    if begins("<!DOCTYPE") || begins("<!doctype") || begins("<html") { return "a web page, not a picture" }
    return "not a picture of a known kind"
  }

  private static func unread(_ kind: String) -> String { "\(kind), which is not read: convert it to PNG or JPEG" }
}
