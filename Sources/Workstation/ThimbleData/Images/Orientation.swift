/// How a camera was held: the eight values of EXIF's orientation, named for how to turn the stored pixels.
enum Orientation: Int, Sendable {
  case upright = 1
  case mirrored, turnedHalf, flipped, transposed, turnedRight, transversed, turnedLeft

  /// Whether rows become columns.
  var swapsSides: Bool { rawValue >= 5 }

  /// Where the pixels of the upright image lie in the stored one: that at (x, y) is number origin + x * right + y * down.
  func steps(width: Int, height: Int) -> (origin: Int, right: Int, down: Int) {
    let (lastColumn, lastRow) = (width - 1, (height - 1) * width)
    return switch self {
    case .upright: (0, 1, width)
    case .mirrored: (lastColumn, -1, width)
    case .turnedHalf: (lastRow + lastColumn, -1, -width)
    case .flipped: (lastRow, 1, -width)
    case .transposed: (0, width, 1)
    case .turnedRight: (lastRow, -width, 1)
    case .transversed: (lastRow + lastColumn, -width, -1)
    case .turnedLeft: (lastColumn, width, -1)
    }
  }
}

extension Orientation {
  /// The orientation that a JPEG file's EXIF segment states; upright if there is none or it makes no sense. Reads nothing
  /// outside of `bytes`, whatever they claim.
  init(jpeg bytes: UnsafeRawBufferPointer) {
    var at = 2
    while at + 4 <= bytes.count, unsafe bytes[at] == 0xff {
      let marker = unsafe bytes[at + 1]
      if marker == 0xff {  // a fill byte
        at += 1
        continue
      }
      let count = unsafe Int(bytes[at + 2]) << 8 | Int(bytes[at + 3])
      // From the start of scan on there are no more segments to skip over.
      guard marker != 0xda, marker != 0xd9, count >= 2, at + 2 + count <= bytes.count else { break }
      let segment = unsafe UnsafeRawBufferPointer(rebasing: bytes[(at + 4)..<(at + 2 + count)])
      if marker == 0xe1, unsafe segment.starts(with: Array("Exif\0\0".utf8)) {
        self = unsafe Self.stated(inTIFF: UnsafeRawBufferPointer(rebasing: segment[6...])) ?? .upright
        return
      }
      at += 2 + count
    }
    self = .upright
  }

  /// The orientation in a PNG file's eXIf chunk (PNG specification, third edition, 11.3.3.5).
  init(png bytes: UnsafeRawBufferPointer) {
    var at = 8
    while at + 12 <= bytes.count {
      let count = (0..<4).reduce(0) { unsafe $0 << 8 | Int(bytes[at + $1]) }
      guard at + 12 + count <= bytes.count else { break }
      let type = unsafe UnsafeRawBufferPointer(rebasing: bytes[(at + 4)..<(at + 8)])
      if unsafe type.elementsEqual("eXIf".utf8) {
        self =
          unsafe Self.stated(inTIFF: UnsafeRawBufferPointer(rebasing: bytes[(at + 8)..<(at + 8 + count)])) ?? .upright
        return
      }
      at += 12 + count
    }
    self = .upright
  }

  /// The orientation in a WebP file's EXIF chunk (RFC 9649, section 2.7.1.5).
  init(webp bytes: UnsafeRawBufferPointer) {
    var at = 12
    while at + 8 <= bytes.count {
      let count = (0..<4).reduce(0) { unsafe $0 | Int(bytes[at + 4 + $1]) << (8 * $1) }
      guard at + 8 + count <= bytes.count else { break }
      let type = unsafe UnsafeRawBufferPointer(rebasing: bytes[at..<(at + 4)])
      if unsafe type.elementsEqual("EXIF".utf8) {
        let content = unsafe UnsafeRawBufferPointer(rebasing: bytes[(at + 8)..<(at + 8 + count)])
        // Some writers put JPEG's mark before it.
        let start = unsafe content.starts(with: Array("Exif\0\0".utf8)) ? 6 : 0
        self = unsafe Self.stated(inTIFF: UnsafeRawBufferPointer(rebasing: content[start...])) ?? .upright
        return
      }
      at += 8 + count + count % 2
    }
    self = .upright
  }

  /// Looks for tag 0x0112 (one unsigned 16-bit value) in the first directory.
  private static func stated(inTIFF bytes: UnsafeRawBufferPointer) -> Orientation? {
    let little = unsafe bytes.starts(with: Array("II".utf8))
    guard unsafe little || bytes.starts(with: Array("MM".utf8)) else { return nil }
    func number(_ at: Int, _ count: Int) -> Int? {
      guard at + count <= bytes.count else { return nil }
      return (0..<count).reduce(0) { unsafe $0 << 8 | Int(bytes[at + (little ? count - 1 - $1 : $1)]) }
    }
    guard number(2, 2) == 42, let directory = number(4, 4), let entryCount = number(directory, 2) else { return nil }
    for entry in 0..<entryCount {
      let at = directory + 2 + 12 * entry
      guard let tag = number(at, 2) else { return nil }
      if tag == 0x0112 {
        guard number(at + 2, 2) == 3, number(at + 4, 4) == 1, let value = number(at + 8, 2) else { return nil }
        return Orientation(rawValue: value)
      }
    }
    return nil
  }
}
