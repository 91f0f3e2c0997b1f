import ThimbleStorage

/// One image to pack: its name and the place of its bytes.
struct ImageEntry: Sendable {
  enum Content: Sendable {
    case file(path: String)
    case member(MappedFile, Range<Int>)
    case idx(IDXFile, index: Int)
  }

  /// Path within its input, or the decimal index in an IDX file.
  var name: String
  var content: Content
  /// What its input says that it shows, if it says so.
  var label: String?

  /// Of an image that is a file of its own.
  var path: String? {
    guard case .file(let path) = content else { return nil }
    return path
  }
}

/// One of the paths that a set is packed from: an IDX file, a tar archive, a folder, or a single image.
struct ImageInput {
  let path: String
  /// Sorted by the bytes of their names; those of an IDX file in its order.
  private(set) var entries: [ImageEntry]
  /// Files that are not images, neither by name nor by content.
  private(set) var ignoredCount = 0
  private(set) var isIDX = false
  /// The first image that lies beside folders which would be labels.
  private(set) var unlabelled: String?
  /// The file beside an IDX file that its labels come from.
  private(set) var labelPath: String?

  private static let imageExtensions: Set<String> = ["png", "jpg", "jpeg"]

  /// Lists the images at `path`. Throws if it cannot be read, has no image, or has one name twice.
  init(path: String, scratchFolder: String) throws(FileError) {
    self.path = path
    entries = []
    switch try Path.kind(path) {
    case .folder: try listFolder()
    default: try listFile(scratchFolder: scratchFolder)
    }
    guard !entries.isEmpty else {
      throw FileError(
        .badData, file: path, field: "images", found: "none", wanted: "PNG or JPEG images, or an IDX file of images",
        advice: "Name the folder or the archive that holds the images.")
    }
    if !isIDX { try sort() }
  }

  private mutating func listFolder() throws(FileError) {
    for name in try ImageFolder.files(in: path) {
      let file = "\(path)/\(name)"
      if try Self.isImage(file, name) {
        entries.append(ImageEntry(name: name, content: .file(path: file)))
      } else {
        ignoredCount += 1
      }
    }
  }

  private mutating func listFile(scratchFolder: String) throws(FileError) {
    let file = try MappedFile(path: path)
    defer { withExtendedLifetime(file) {} }
    if unsafe TarArchive.isTar(file.bytes) {
      try listArchive(TarArchive(file))
    } else if unsafe ImageFormat(file.bytes) != nil {
      entries = [ImageEntry(name: Path.baseName(path), content: .file(path: path))]
    } else if unsafe IDXFile.isIDX(file.bytes) || Gzip.isGzip(file.bytes) {
      try listIDX(scratchFolder: scratchFolder)
    } else {
      throw unsafe FileError(
        .badData, file: path, field: "kind of file", found: file.bytes.isEmpty ? "an empty file" : "unknown bytes",
        wanted: "an IDX file, a tar archive, a folder, or a PNG or JPEG image",
        advice: "Unpack any other archive into a folder, and name the folder.")
    }
  }

  private mutating func listArchive(_ archive: TarArchive) {
    ignoredCount = archive.otherCount
    for member in archive.members {
      let base = Path.baseName(member.name)
      let bytes = unsafe UnsafeRawBufferPointer(rebasing: archive.file.bytes[member.range])
      if !base.hasPrefix("."), unsafe Self.isCalledImage(base) || ImageFormat(bytes) != nil {
        entries.append(ImageEntry(name: member.name, content: .member(archive.file, member.range)))
      } else {
        ignoredCount += 1
      }
    }
  }

  private mutating func listIDX(scratchFolder: String) throws(FileError) {
    isIDX = true
    let images = try IDXFile(path: path, dimensions: 3, scratchFolder: scratchFolder)
    entries = (0..<images.shape[0]).map { ImageEntry(name: String($0), content: .idx(images, index: $0)) }
    labelPath = IDXFile.labelPath(forImages: path)
    guard let labelPath else { return }
    let labels = try IDXFile(path: labelPath, dimensions: 1, scratchFolder: scratchFolder)
    guard labels.shape[0] == entries.count else {
      throw FileError(
        .badData, file: labelPath, field: "dimensions", found: "\(labels.shape[0]) labels",
        wanted: "\(entries.count), one for each image of \(path)",
        advice: "Put the label file in the folder of its own image file, or move it away to pack without labels.")
    }
    for index in entries.indices { entries[index].label = unsafe String(labels.bytes[index]) }
  }

  private static func isImage(_ path: String, _ name: String) throws(FileError) -> Bool {
    if isCalledImage(name) { return true }
    let file = try MappedFile(path: path)
    return withExtendedLifetime(file) { unsafe ImageFormat(file.bytes) != nil }
  }

  private static func isCalledImage(_ name: String) -> Bool {
    guard let dot = name.lastIndex(of: ".") else { return false }
    return imageExtensions.contains(name[name.index(after: dot)...].lowercased())
  }

  private mutating func sort() throws(FileError) {
    entries.sort { Path.precedes($0.name, $1.name) }
    for (entry, next) in zip(entries, entries.dropFirst()) where entry.name.utf8.elementsEqual(next.name.utf8) {
      throw FileError(
        .badData, file: path, field: "images", found: "\(entry.name) twice", wanted: "each name once",
        advice: "Remove or rename one of them.")
    }
  }
}

extension ImageInput {
  /// Whether `file` is one of the files that this input reads.
  func reads(_ file: String) -> Bool {
    ([path, labelPath].compactMap { $0 } + entries.compactMap(\.path)).contains { Path.isSame($0, file) }
  }

  /// Labels the images by the folders that they lie in: by the first one in which they differ, if all lie in folders there.
  /// If all lie in one folder, or in none, they are labelled by `fallback`.
  mutating func labelByFolder(fallback: Bool) {
    guard !isIDX else { return }
    let folders = entries.map { Array($0.name.utf8.split(separator: 0x2f).dropLast()) }
    var common = 0
    while folders.allSatisfy({ $0.count > common && $0[common].elementsEqual(folders[0][common]) }) { common += 1 }
    if folders.allSatisfy({ $0.count > common }) {
      for index in entries.indices { entries[index].label = String(Substring(folders[index][common])) }
    } else if fallback && folders.allSatisfy({ $0.count == common }) {
      let folder = common > 0 ? String(Substring(folders[0][common - 1])) : Path.stem(Path.baseName(path))
      for index in entries.indices { entries[index].label = folder }
    } else if let index = folders.firstIndex(where: { $0.count == common }), !folders.allSatisfy({ $0.count == common })
    {
      unlabelled = entries[index].name
    }
  }
}
