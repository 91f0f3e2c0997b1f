/// Archives and compressed files, known by their first bytes.
enum ArchiveKind: String {
  case zip = "a zip archive"
  case sevenZip = "a 7z archive"
  case rar = "a rar archive"
  case xz = "a file compressed by xz"
  case zstandard = "a file compressed by zstd"
  case bzip2 = "a file compressed by bzip2"
  case lz4 = "a file compressed by lz4"

  init?(_ bytes: UnsafeRawBufferPointer) {
    let starts: [([UInt8], ArchiveKind)] = [
      ([0x50, 0x4b, 0x03, 0x04], .zip), ([0x50, 0x4b, 0x05, 0x06], .zip),
      ([0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c], .sevenZip), (Array("Rar!".utf8), .rar),
      ([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], .xz), ([0x28, 0xb5, 0x2f, 0xfd], .zstandard),
      (Array("BZh".utf8), .bzip2), ([0x04, 0x22, 0x4d, 0x18], .lz4),
    ]
    guard let found = starts.first(where: { unsafe bytes.starts(with: $0.0) }) else { return nil }
    self = found.1
  }

  /// How to get at what is in it.
  var advice: String {
    switch self {
    case .zip: "Unpack it with \"unzip FILE -d FOLDER\", and name the folder."
    case .sevenZip, .rar: "Unpack it into a folder, for example with \"7z x FILE\", and name the folder."
    case .xz: "Unpack it with \"tar xf FILE\" or \"xz -dk FILE\", and name what comes out."
    case .zstandard: "Unpack it with \"tar xf FILE\" or \"zstd -d FILE\", and name what comes out."
    case .bzip2: "Unpack it with \"tar xf FILE\" or \"bzip2 -dk FILE\", and name what comes out."
    case .lz4: "Unpack it with \"lz4 -d FILE\", and name what comes out."
    }
  }
}
