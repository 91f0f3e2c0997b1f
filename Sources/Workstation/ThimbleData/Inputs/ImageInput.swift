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
  /// What is in it and not among the entries.
  private(set) var leftOut: [LeftOut] = []
  private(set) var isIDX = false
  /// The first image that lies beside folders which would be labels.
  private(set) var unlabelled: String?
  /// The file beside an IDX file that its labels come from.
  private(set) var labelPath: String?
  /// What there is to say of its labels.
  private(set) var labelNote: String?
  /// What else there is to say of it.
  private(set) var notes: [String] = []
  /// Whether it is one picture, which no folder gives a label.
  private(set) var isPicture = false

  /// Lists the images at `path`. Throws if it cannot be read, has no image, or has one name twice.
  init(path: String, scratchFolder: String) throws(FileError) {
    self.path = path
    entries = []
    switch try Path.kind(path) {
    case .folder: try listFolder()
    default: try listFile(scratchFolder: scratchFolder)
    }
    guard !entries.isEmpty else {
      let names = leftOut.prefix(3).map(\.text).joined(separator: ", ")
      throw FileError(
        .badData, file: path, field: "pictures",
        found: leftOut.isEmpty
          ? "none" : "none; \(PackingReport.count(leftOut.count, "other file")), among them \(names)",
        wanted: "PNG, JPEG, GIF or WebP pictures, or an IDX file of images",
        advice: leftOut.first { $0.reason == .archive }.map { "Name the file itself: \(path)/\($0.name)." }
          ?? "Name the folder or the archive that holds the pictures.")
    }
    if !isIDX { try sort() }
  }

  private mutating func listFolder() throws(FileError) {
    let folder = try ImageFolder(path)
    leftOut = folder.leftOut
    for name in folder.files {
      let file = "\(path)/\(name)"
      if PictureKind.isName(ofPicture: name) {
        entries.append(ImageEntry(name: name, content: .file(path: file)))
      } else {
        guard let content = try Self.readable(file) else {
          leftOut.append(LeftOut(name, .bad, detail: "no permission to read it"))
          continue
        }
        unsafe take(name, content.bytes, .file(path: file))
        withExtendedLifetime(content) {}
      }
    }
  }

  /// Nil for a file that may not be read.
  static func readable(_ path: String) throws(FileError) -> MappedFile? {
    do throws(FileError) { return try MappedFile(path: path) } catch {
      if Path.isForbidden(path) { return nil }
      throw error
    }
  }

  /// Takes a file that is not called a picture, if its bytes are one.
  private mutating func take(_ name: String, _ bytes: UnsafeRawBufferPointer, _ content: ImageEntry.Content) {
    if unsafe PictureKind(bytes) != nil {
      entries.append(ImageEntry(name: name, content: content))
    } else if let kind = unsafe ArchiveKind(bytes) {
      leftOut.append(LeftOut(name, .archive, detail: kind.rawValue))
    } else if unsafe Gzip.isGzip(bytes) || TarArchive.isTar(bytes) || IDXFile.isIDX(bytes) {
      leftOut.append(LeftOut(name, .archive))
    } else {
      leftOut.append(LeftOut(name, .notPicture))
    }
  }

  private mutating func listFile(scratchFolder: String) throws(FileError) {
    let file = try MappedFile(path: path)
    defer { withExtendedLifetime(file) {} }
    if unsafe TarArchive.isTar(file.bytes) {
      try listArchive(TarArchive(file))
    } else if unsafe PictureKind(file.bytes) != nil {
      entries = [ImageEntry(name: Path.baseName(path), content: .file(path: path))]
      isPicture = true
    } else if unsafe IDXFile.isIDX(file.bytes) {
      try listIDX(scratchFolder: scratchFolder)
    } else if unsafe Gzip.isGzip(file.bytes) {
      try listCompressed(scratchFolder: scratchFolder)
    } else {
      let kind = unsafe ArchiveKind(file.bytes)
      throw unsafe FileError(
        .badData, file: path, field: "kind of file",
        found: kind?.rawValue ?? (file.bytes.isEmpty ? "an empty file" : PictureKind.reason(file.bytes, name: path)),
        wanted: "a folder, a .tar or .tar.gz archive, an IDX file, or a PNG, JPEG, GIF or WebP picture",
        advice: kind?.advice ?? "Name the folder or the archive that holds the pictures.")
    }
  }

  /// Of a compressed file the first bytes tell whether it is an archive.
  private mutating func listCompressed(scratchFolder: String) throws(FileError) {
    guard let start = try Gzip.start(path: path, byteCount: 512),
      unsafe start.withUnsafeBytes({ unsafe TarArchive.isTar($0) })
    else { return try listIDX(scratchFolder: scratchFolder) }
    let file = try unsafe Gzip.unpacked(path: path, scratchFolder: scratchFolder) { _ in .max }
    try listArchive(TarArchive(file, name: path))
  }

  private mutating func listArchive(_ archive: TarArchive) {
    leftOut = archive.leftOut
    if !archive.hasEnd { notes.append("\(Path.baseName(path)) has no mark at its end: it may be cut") }
    var hidden: Set<String> = []
    for member in archive.members {
      let parts = member.name.split(separator: "/")
      if let place = parts.firstIndex(where: { $0.hasPrefix(".") && $0 != "." && $0 != ".." }) {
        hidden.insert(parts[...place].joined(separator: "/"))
        continue
      }
      let content = ImageEntry.Content.member(archive.file, member.range)
      if PictureKind.isName(ofPicture: member.name) {
        entries.append(ImageEntry(name: member.name, content: content))
      } else {
        unsafe take(member.name, UnsafeRawBufferPointer(rebasing: archive.file.bytes[member.range]), content)
      }
    }
    leftOut += hidden.map { LeftOut($0, .hidden) }
  }

  private mutating func listIDX(scratchFolder: String) throws(FileError) {
    isIDX = true
    let images = try IDXFile(path: path, dimensions: 3, scratchFolder: scratchFolder)
    entries = (0..<images.shape[0]).map { ImageEntry(name: String($0), content: .idx(images, index: $0)) }
    let labelPaths = IDXFile.labelPaths(forImages: path)
    labelPath = labelPaths.first { Path.exists($0) }
    guard let labelPath else {
      labelNote =
        labelPaths.first.map { "no \($0) beside it" }
        ?? "its name does not say which file has the labels: call it NAME-images-idx3-ubyte and them NAME-labels-idx1-ubyte"
      return
    }
    let labels = try IDXFile(path: labelPath, dimensions: 1, scratchFolder: scratchFolder)
    guard labels.shape[0] == entries.count else {
      throw FileError(
        .badData, file: labelPath, field: "dimensions", found: "\(labels.shape[0]) labels",
        wanted: "\(entries.count), one for each image of \(path)",
        advice: "Put the label file in the folder of its own image file, or move it away to pack without labels.")
    }
    for index in entries.indices { entries[index].label = unsafe String(labels.bytes[index]) }
  }

  private mutating func sort() throws(FileError) {
    entries.sort { Path.precedes($0.name, $1.name) }
    leftOut.sort { Path.precedes($0.name, $1.name) }
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
    guard !isIDX && !isPicture else { return }
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
