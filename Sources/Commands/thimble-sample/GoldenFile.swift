import SamplerSupport

/// The lines of a golden file, `sha256-of-the-pixels  seed`; empty ones are passed over.
struct GoldenFile {
  private var file: InputFile
  private let line: UnsafeMutableBufferPointer<UInt8>
  private var number = 0

  /// Opens a file and checks all of it.
  init(_ path: Path) throws(Refusal) {
    file = try InputFile(path, buffer: try room(InputFile.bufferByteCount))
    // One byte more than a line can have: then it is too long.
    line = try room(GoldenLine.largestCount + 1).bindMemory(to: UInt8.self)
    if file.byteCount > GoldenLine.largestByteCount { throw bad(Text("too many bytes in all")) }
    var count = 0
    while try next() != nil { count += 1 }
    if count == 0 { throw bad(Text("nothing")) }
    number = 0
    try file.seek(0)
  }

  /// The next line; nil at the end.
  @inline(never)
  mutating func next() throws(Refusal) -> GoldenLine? {
    while true {
      number += 1
      var length = 0
      var byte = try file.next()
      while let some = byte, some != UInt8(ascii: "\n") {
        if length == line.count { throw bad(Text(line)) }
        line[length] = some
        length += 1
        byte = try file.next()
      }
      if length > 0 {
        let text = Text(rebasing: line[..<length])
        guard let line = GoldenLine(text) else { throw bad(text) }
        return line
      }
      if byte == nil { return nil }
    }
  }

  private func bad(_ found: Text) -> Refusal {
    refusal(
      .badData,
      "\(path: file.path): line \(number): found \(found), wanted 64 hexadecimal digits, two spaces, a seed",
      advice: "Make the golden file again with `thimble golden`.")
  }
}
