extension ThimbleError: CustomStringConvertible {
  /// "layer 3 kernel: found 17, wanted 16 at most", or "faces.thimble: model file: No such file or directory (error 2)". Makes a
  /// string: not for hot paths.
  public var description: String {
    let line = unsafe String(unsafeUninitializedCapacity: 256) { bytes in
      var text = unsafe TextWriter(bytes)
      writeLine(to: &text)
      return min(text.count, bytes.count)
    }
    #if !hasFeature(Embedded)
      guard let path else { return line }
      // A name may hold anything; a terminal obeys control characters.
      let shown = path.unicodeScalars.map { $0.value < 32 || (127..<160).contains($0.value) ? "?" : $0 }
      return String(String.UnicodeScalarView(shown)) + ": " + line
    #else
      return line
    #endif
  }

  /// What to do about it: one line.
  public var advice: String { adviceText.description }

  /// What to do about it, without making a string.
  package var adviceText: StaticString {
    switch code {
    case .file: "Check the path and the permissions."
    case .format: "Fetch or export the model again: the file is damaged, cut short, or not a .thimble file."
    case .unsupported: "Use a newer version of Thimble, or export the model for this one."
    case .instructionSet: "Unset THIMBLE_ISA, or set it to one of the sets that this build and this machine have."
    case .memory: "Give as many bytes as the query says, aligned to 64."
    case .arguments:
      "Give whole latents, at most as many as the generator was made for, and room for all pixels."
    }
  }

  /// Writes what `description` says, without making a string.
  package func writeLine(to text: inout TextWriter) {
    unsafe writeLine(to: &text, field: UnsafeBufferPointer(start: field.utf8Start, count: field.utf8CodeUnitCount))
  }

  /// The same with another name for the field.
  package func writeLine(to text: inout TextWriter, field: UnsafeBufferPointer<UInt8>) {
    if layer >= 0 {
      text.write("layer ")
      text.write(UInt64(layer))
      text.write(" ")
    }
    for i in 0..<field.count { text.write(byte: unsafe field[i]) }
    if code == .file && relation == .other { return writeSystemError(to: &text) }
    text.write(": found ")
    text.write(found)
    if relation == .other { return }
    text.write(", wanted ")
    if relation == .multipleOf { text.write("a multiple of ") }
    if relation == .below { text.write("less than ") }
    text.write(wanted)
    if relation == .atMost { text.write(" at most") }
    if relation == .atLeast { text.write(" at least") }
  }
}

extension ThimbleError {
  /// `found` as the errno that it is.
  private func writeSystemError(to text: inout TextWriter) {
    guard let words = SystemWords.of(Int(truncatingIfNeeded: found)) else {
      text.write(": error ")
      return text.write(found)
    }
    text.write(": ")
    text.write(words)
    text.write(" (error ")
    text.write(found)
    text.write(")")
  }
}

/// Writes text into the caller's bytes, and counts what it would have written to more of them.
@safe package struct TextWriter {
  private let bytes: UnsafeMutableBufferPointer<UInt8>
  /// Bytes of the whole text so far, also those beyond the end.
  package private(set) var count = 0

  /// Begins at the first byte.
  package init(_ bytes: UnsafeMutableBufferPointer<UInt8>) { unsafe self.bytes = unsafe bytes }

  /// Appends a byte.
  package mutating func write(byte: UInt8) {
    if unsafe count < bytes.count { unsafe bytes[count] = byte }
    count += 1
  }

  /// Appends a constant.
  package mutating func write(_ text: StaticString) {
    for i in 0..<text.utf8CodeUnitCount { unsafe write(byte: text.utf8Start[i]) }
  }

  /// Appends a number in decimal digits.
  package mutating func write(_ number: UInt64) {
    if number >= 10 { write(number / 10) }
    write(byte: UInt8(48 + number % 10))
  }
}
