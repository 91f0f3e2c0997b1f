import ThimbleFreestanding
import SamplerSupport

/// A file that appears whole or not at all: written beside its place, synced, renamed. Dropped without `commit()`, it leaves
/// nothing. A device or a pipe is written as it stands, and so is standard output. A symbolic link stays, and the file that it leads
/// to is replaced.
struct Output: ~Copyable {
  /// Nil for standard output.
  private let path: Path?
  /// Where the file will stand: `path`, or what that leads to.
  private let place: Path?
  /// Where the bytes go until they are committed; nil for a device.
  private let temporary: Path?
  private var file: Int32

  /// Bytes that the name of a temporary file has more than the path.
  static let longestSuffix = 64

  /// Standard output; or, discarding, a place where bytes vanish.
  init(discarding: Bool) { (path, place, temporary, file) = (nil, nil, nil, discarding ? -1 : 1) }

  /// Begins the file that will stand at `path`. Throws `cannotWrite` if the folder does not take it.
  ///
  /// - Parameter names: room for the path and `longestSuffix` bytes, as long as the file is written.
  @inline(never)
  init(_ path: Path, names: UnsafeMutableRawBufferPointer) throws(Refusal) {
    var status = thimble_file()
    let isThere = thimble_look(path, &status) == 0
    if isThere && status.is_folder != 0 { throw Self.refused(path, SystemError.isFolder) }
    // Without a name, the temporary file would land in the working folder.
    if path[0] == 0 { throw Self.refused(path, SystemError.missing) }
    var place: Path? = path
    var beside: UnsafeMutablePointer<CChar>?
    let links = thimble_behind_links(path, &place, &beside)
    if links < 0 { throw Self.refused(path, -links) }
    var opened: Int
    var temporary: Path?
    if isThere && (status.is_plain == 0 || links > 0) {
      opened = thimble_open_for_writing(path)
    } else {
      // A file left by a killed process of the same number must not be taken for ours.
      let name = beside ?? names.bindMemory(to: CChar.self).baseAddress!
      temporary = Path(name)
      var number: UInt64 = 0
      repeat {
        number += 1
        Self.write(place!, number, name)
        opened = thimble_create(name)
      } while opened == -SystemError.exists
    }
    if opened < 0 { throw Self.refused(path, -opened) }
    (self.path, self.place, self.temporary, file) = (path, place, temporary, Int32(opened))
    thimble_guard_output(temporary)
  }

  private static func refused(_ path: Path, _ number: Int) -> Refusal {
    systemRefusal(.cannotWrite, path, call: "create", wanted: "a file that can be written", number)
  }

  /// `PATH.tmp-PROCESS-NUMBER`.
  private static func write(_ path: Path, _ number: UInt64, _ name: UnsafeMutablePointer<CChar>) {
    var suffix = ShortText()
    suffix.append(".tmp-")
    suffix.append(ShortText(UInt64(thimble_process_number())))
    suffix.append("-")
    suffix.append(ShortText(number))
    var at = 0
    while path[at] != 0 {
      name[at] = path[at]
      at += 1
    }
    for i in 0..<suffix.count { name[at + i] = CChar(bitPattern: suffix[i]) }
    name[at + suffix.count] = 0
  }

  @inline(never)
  func write(_ bytes: UnsafeRawBufferPointer) throws(Refusal) {
    guard let start = bytes.baseAddress, file >= 0 else { return }
    let error = writeAll(file, start, bytes.count)
    if error == 0 { return }
    if let path { throw systemRefusal(.inputOutput, path, call: "write", wanted: "all bytes written", error) }
    throw standardOutputRefusal(error)
  }

  @inline(never)
  func write(_ text: ShortText) throws(Refusal) {
    try text.withBytes { bytes throws(Refusal) in try write(bytes) }
  }

  @inline(never)
  func write(_ words: StaticString) throws(Refusal) { try write(UnsafeRawBufferPointer(Text(words))) }

  /// Syncs the bytes, puts the file in its place and syncs the folder.
  @inline(never)
  consuming func commit() throws(Refusal) {
    if let path, let place, let temporary {
      let synced = thimble_sync(file)
      if synced < 0 {
        throw systemRefusal(.inputOutput, path, call: "fsync", wanted: "all bytes on the disk", -synced)
      }
      let renamed = thimble_rename(temporary, place)
      if renamed < 0 {
        throw systemRefusal(.cannotWrite, path, call: "rename", wanted: "the file renamed", -renamed)
      }
      thimble_guard_output(nil)
      // What held the temporary name holds the folder's now.
      Self.syncFolder(of: place, UnsafeMutablePointer(mutating: temporary))
    }
    if path != nil { thimble_close(file) }
    file = -1
  }

  private static func syncFolder(of path: Path, _ room: UnsafeMutablePointer<CChar>) {
    let text = Text(path)
    let slash = text.last(UInt8(ascii: "/"))
    // "/name" is in "/", "name" in ".".
    let count = slash.map { max($0, 1) } ?? 1
    for i in 0..<count { room[i] = slash == nil ? 46 : path[i] }
    room[count] = 0
    let folder = thimble_open(room)
    if folder < 0 { return }
    thimble_sync(Int32(folder))
    thimble_close(Int32(folder))
  }

  deinit {
    if file < 0 || path == nil { return }
    thimble_close(file)
    if let temporary { thimble_remove(temporary) }
    thimble_guard_output(nil)
  }
}

/// What standard output did not take.
func standardOutputRefusal(_ error: Int) -> Refusal {
  refusal(
    .inputOutput, "standard output: write: found \(systemError: error), wanted all bytes written",
    advice: "Check the program that reads the output, or the disk.")
}

/// Refuses an output that is the input: it would be replaced.
func refuseSameFile(_ input: Path, _ output: Path) throws(Refusal) {
  var (first, second) = (thimble_file(), thimble_file())
  guard thimble_look(input, &first) == 0, thimble_look(output, &second) == 0, first.is_plain != 0,
    first.device == second.device, first.number == second.number
  else { return }
  throw refusal(
    .usage, "\(path: output): output: found the input, wanted another file",
    advice: "Choose another name for -o: it would overwrite the input.")
}
