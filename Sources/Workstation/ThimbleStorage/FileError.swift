import Glibc

/// What went wrong with a file or an argument: one line that says where, what was found and what was wanted, and a second
/// that says what to do.
package struct FileError: Error, CustomStringConvertible, Sendable, Equatable {
  /// The kinds of trouble; the raw value is the exit code of a command that ends with it (sysexits).
  package enum Kind: Int32, Sendable {
    case usage = 64
    case badData = 65
    case missing = 66
    case fault = 70
    case cannotWrite = 73
    case inputOutput = 74
    case interrupted = 75
  }

  /// Which exit code it leads to.
  package var kind: Kind
  /// The file, as the user called it.
  package var file: String
  /// The part of the file, or the system call, that it is about.
  package var field: String
  /// What is there.
  package var found: String
  /// What should be there.
  package var wanted: String
  /// What to do, as a sentence.
  package var advice: String

  /// An error of all its parts.
  package init(
    _ kind: Kind, file: String, field: String, found: String, wanted: String, advice: String
  ) {
    self.kind = kind
    self.file = file
    self.field = field
    self.found = found
    self.wanted = wanted
    self.advice = advice
  }

  /// Two lines. Names and values from files may hold anything; what acts on a terminal is shown as "?".
  package var description: String {
    "\(Self.printable("\(file): \(Self.cut(field)): found \(Self.cut(found)), wanted \(wanted)"))\n\(Self.printable(advice))"
  }

  /// What was found may be as long as a file.
  private static func cut(_ text: String) -> String { text.utf8.count <= 1000 ? text : "\(text.prefix(200))..." }

  /// The text with control characters shown as "?", fit for a terminal, a comment or a page.
  package static func printable(_ text: String) -> String {
    String(String.UnicodeScalarView(text.unicodeScalars.map { isPrintable($0) ? $0 : "?" }))
  }

  /// Whether a character shows what it is: none that acts on the terminal, ends the line, or turns the direction of others, so that
  /// a text reads as another one.
  package static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: false
    default: scalar.properties.generalCategory != .control
    }
  }
}

extension FileError {
  /// The error of a system call on `file` that set `errno`.
  package static func system(_ kind: Kind, file: String, call: String, wanted: String, errno code: Int32) -> FileError {
    FileError(
      kind, file: file, field: call, found: unsafe "\"\(String(cString: strerror(code)))\"", wanted: wanted,
      advice: advice(for: code))
  }

  private static func advice(for code: Int32) -> String {
    switch code {
    case ENOENT: "Check the spelling of the path."
    case EACCES, EPERM, EROFS: "Check the permissions, or choose another place."
    case ENOSPC, EDQUOT: "Free some space on this disk, or choose another one; nothing was left half written."
    case EFBIG: "The file is larger than this place, or `ulimit -f`, allows; nothing was left half written."
    case ELOOP: "The links lead round in a circle: remove them, or name a file."
    case EISDIR: "Name a file, not a folder."
    default: "Check the path and the disk."
    }
  }
}
