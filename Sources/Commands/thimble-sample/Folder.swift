import ThimbleFreestanding
import SamplerSupport

/// A folder for one file an image.
struct Folder {
  private let path: Path
  /// The path of the last file that was named.
  private let file: UnsafeMutablePointer<CChar>
  private let pathCount: Int

  /// Makes a folder and those above it. Throws `cannotWrite`.
  init(_ path: Path) throws(Refusal) {
    self.path = path
    pathCount = Text(path).count
    file = try room(pathCount + 128).bindMemory(to: CChar.self).baseAddress!
    var failure = 0
    for i in 0...pathCount {
      if i == pathCount || i > 0 && path[i] == 47 {
        file[i] = 0
        let made = thimble_make_folder(file)
        if made < 0 && made != -SystemError.exists && failure == 0 { failure = -made }
      }
      if i < pathCount { file[i] = path[i] }
    }
    var status = thimble_file()
    if thimble_look(path, &status) == 0 && status.is_folder != 0 { return }
    throw systemRefusal(
      .cannotWrite, path, call: "create folder", wanted: "a folder", failure == 0 ? SystemError.notFolder : failure)
  }

  /// Room that a name in the folder takes, and that of its temporary file.
  var nameByteCount: Int { pathCount + 128 + Output.longestSuffix }

  /// The path of a file in the folder, until the next one is named.
  func named(_ name: ShortText, _ ending: StaticString) -> Path {
    var text = ShortText()
    text.append("/")
    text.append(name)
    text.append(".")
    text.append(ending)
    for i in 0..<text.count { file[pathCount + i] = CChar(bitPattern: text[i]) }
    file[pathCount + text.count] = 0
    return Path(file)
  }
}
