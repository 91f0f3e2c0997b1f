import Thimble
import ThimbleFreestanding
import ThimbleKernelInterface
import SamplerSupport

/// The line that is being told: `"\(path: path): found \(count) bytes"`. There is one at a time, made in a buffer of its own and
/// told at once; what it does not hold is cut off.
struct Line: ExpressibleByStringInterpolation, StringInterpolationProtocol {
  typealias StringLiteralType = StaticString
  typealias StringInterpolation = Line

  private static let largest = 16_384
  // Of one thread: the one that reads the options and writes the images.
  private nonisolated(unsafe) static var room = InlineArray<16_384, UInt8>(repeating: 0)
  private nonisolated(unsafe) static var count = 0

  // What is called from hundreds of places is not inlined: the program is to stay small.

  @inline(never)
  init(literalCapacity: Int, interpolationCount: Int) { Self.count = 0 }
  init(stringInterpolation line: Line) {}
  @inline(__always)
  init(stringLiteral words: StaticString) { self.init(words.utf8Start) }
  @inline(never)
  private init(_ words: UnsafePointer<UInt8>) {
    Self.count = 0
    append(words)
  }

  @inline(__always)
  func appendLiteral(_ words: StaticString) { if words.utf8CodeUnitCount > 0 { append(words.utf8Start) } }
  @inline(__always)
  func appendInterpolation(_ words: StaticString) { append(words.utf8Start) }
  @inline(__always)
  func appendInterpolation(_ number: Int) { appendInterpolation(UInt64(number)) }

  /// Literals end with a zero byte.
  @inline(never)
  private func append(_ words: UnsafePointer<UInt8>) {
    var at = 0
    while words[at] != 0 {
      append(words[at])
      at += 1
    }
  }

  private func append(_ byte: UInt8) {
    if Self.count == Self.largest { return }
    Self.room[Self.count] = byte
    Self.count += 1
  }

  @inline(never)
  func appendInterpolation(_ number: UInt64) {
    let text = ShortText(number)
    for i in 0..<text.count { append(text[i]) }
  }

  /// What somebody else wrote; it may be as long as a file.
  @inline(never)
  func appendInterpolation(_ text: Text) { append(text, most: 200) }
  @inline(never)
  func appendInterpolation(path: Path) { append(Text(path), most: 6000) }

  /// Control characters, and those that turn the direction of others, become "?", fit for a terminal.
  private func append(_ text: Text, most: Int) {
    var at = 0
    while at < min(text.count, most) {
      let hidden = Self.hiddenBytes(text, at)
      append(hidden > 0 ? UInt8(ascii: "?") : text[at])
      at += max(hidden, 1)
    }
    if at < text.count { appendLiteral("...") }
  }

  /// How many bytes the character has that begins here, if it is one to hide: control characters (U+0080 to U+009F among them), U+061C,
  /// U+200E, U+200F, U+2028 to U+202E and U+2066 to U+2069; or else 0.
  private static func hiddenBytes(_ text: Text, _ at: Int) -> Int {
    let (first, second) = (text[at], at + 1 < text.count ? text[at + 1] : 0)
    if first < 32 || first == 127 { return 1 }
    if first == 0xC2 && second >= 0x80 && second <= 0x9F || first == 0xD8 && second == 0x9C { return 2 }
    if first != 0xE2 || at + 2 >= text.count { return 0 }
    let third = text[at + 2]
    let turns =
      second == 0x80 && (third == 0x8E || third == 0x8F || third >= 0xA8 && third <= 0xAE)
      || second == 0x81 && third >= 0xA6 && third <= 0xA9
    return turns ? 3 : 0
  }

  /// What the C library would say of an errno.
  @inline(never)
  func appendInterpolation(systemError number: Int) {
    if let words = SystemWords.of(number) {
      appendLiteral("\"")
      appendInterpolation(words)
      appendLiteral("\"")
    } else {
      appendLiteral("system error ")
      appendInterpolation(number)
    }
  }

  /// The instruction sets that are built in, of which `offeredOnly` leaves those that this machine has.
  @inline(never)
  func appendInterpolation(instructionSets separator: StaticString, offeredOnly: Bool) {
    var isFirst = true
    var number: UInt8 = 0
    while let set = InstructionSet(rawValue: number) {
      number += 1
      guard set.isBuiltIn && (set.isOffered || !offeredOnly) else { continue }
      if !isFirst { appendInterpolation(separator) }
      appendInterpolation(set.name)
      isFirst = false
    }
  }

  /// Writes the line, as it stands, to standard output or standard error. Returns the errno if that fails, or else 0.
  fileprivate func write(_ file: Int32) -> Int {
    let count = Self.count
    return Self.room.span.withUnsafeBufferPointer { writeAll(file, $0.baseAddress!, count) }
  }
}

/// A line of the command's result, on standard output.
@inline(never)
func say(_ line: Line) throws(Refusal) {
  line.appendLiteral("\n")
  let error = line.write(1)
  if error != 0 { throw standardOutputRefusal(error) }
}

/// A line for the user that is not the command's result. Whether anybody takes it does not matter.
@inline(never)
func tell(_ line: Line, advice: StaticString? = nil) {
  line.appendLiteral("\n")
  if let advice {
    line.appendInterpolation(advice)
    line.appendLiteral("\n")
  }
  _ = writeAll(2, "thimble-sample: ", 16)
  _ = line.write(2)
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
