import Thimble
import ThimbleBoard
import ThimbleKernelTypes
import ThimbleSampling

/// Standard output or standard error, a small buffer before it.
struct Printer: ~Copyable {
  private let file: Int32
  private var room = InlineArray<256, UInt8>(repeating: 0)
  private var count = 0
  /// The errno of the first write that failed, or 0. Nothing is written behind it.
  private(set) var error = 0

  @inline(never)
  init(file: Int32) { self.file = file }

  @inline(never)
  mutating func put(_ byte: UInt8) {
    if count == 256 { flush() }
    room[count] = byte
    count += 1
  }

  @inline(never)
  mutating func flush() {
    let all = count
    count = 0
    if error != 0 { return }
    let file = file
    error = room.span.withUnsafeBufferPointer { writeAll(file, $0.baseAddress!, all) }
  }

  /// Flushes, and throws if anything was not taken.
  @inline(never)
  mutating func finish() throws(Refusal) {
    flush()
    if error != 0 { throw standardOutputRefusal(error) }
  }

  @inline(never)
  mutating func put(_ phrase: Phrase) {
    for i in 0..<phrase.count { put(phrase[i]) }
  }

  @inline(never)
  mutating func line(_ phrase: Phrase) {
    put(phrase)
    put(UInt8(ascii: "\n"))
  }

  @inline(never)
  private mutating func put(_ part: Phrase.Part) {
    switch part {
    case .words(let words): for byte in Text(words) { put(byte) }
    case .path(let text): putPrintable(text)
    case .text(let text):
      // It may be as long as a file.
      let isLong = text.count > 1000
      putPrintable(isLong ? Text(rebasing: text[..<200]) : text)
      if isLong { put(.words("...")) }
    case .number(let number): put(ShortText(number))
    case .instructionSets(let offered): putSets(offered: offered)
    }
  }

  private mutating func put(_ text: ShortText) {
    for i in 0..<text.count { put(text[i]) }
  }

  /// Control characters, U+0080 to U+009F among them, are shown as "?", fit for a terminal.
  private mutating func putPrintable(_ text: Text) {
    var at = 0
    while at < text.count {
      let isWide = text[at] == 0xC2 && at + 1 < text.count && (0x80...0x9F).contains(text[at + 1])
      put(isWide || text[at] < 32 || text[at] == 127 ? UInt8(ascii: "?") : text[at])
      at += isWide ? 2 : 1
    }
  }

  private mutating func putSets(offered: Bool) {
    var isFirst = true
    var number: UInt8 = 0
    while let set = InstructionSet(rawValue: number) {
      number += 1
      guard set.isBuiltIn && (set.isOffered || !offered) else { continue }
      if !isFirst { put(.words(offered ? ", " : " ")) }
      put(.words(set.name))
      isFirst = false
    }
  }
}

/// Writes all of some bytes. Returns the errno if that fails, or else 0.
@inline(never)
func writeAll(_ file: Int32, _ bytes: UnsafeRawPointer, _ count: Int) -> Int {
  var done = 0
  while done < count {
    let written = thimble_write(file, bytes + done, min(count - done, 1 << 30))
    if written == -SystemError.interrupted { continue }
    // A device that takes nothing, and says nothing: input/output error.
    if written <= 0 { return written == 0 ? SystemError.inputOutput : -written }
    done += written
  }
  return 0
}

/// A line for the user that is not the command's result. Whether anybody takes it does not matter.
@inline(never)
func tell(_ phrase: Phrase) {
  var printer = Printer(file: 2)
  printer.put("thimble-sample: ")
  printer.line(phrase)
  printer.flush()
}
