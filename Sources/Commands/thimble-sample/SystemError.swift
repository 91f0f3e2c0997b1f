/// Errors of system calls: numbers of Linux (asm-generic/errno-base.h and errno.h).
enum SystemError {
  static let missing = 2
  static let interrupted = 4
  static let inputOutput = 5
  static let exists = 17
  static let notFolder = 20
  static let isFolder = 21

  static func advice(_ number: Int) -> StaticString {
    switch number {
    case missing: "Check the spelling of the path."
    case 1, 13, 30: "Check the permissions, or choose another place."
    case 28, 122: "Free some space on this disk, or choose another one; nothing was left half written."
    case 27: "The file is larger than this place, or `ulimit -f`, allows; nothing was left half written."
    case isFolder: "Name a file, not a folder."
    default: "Check the path and the disk."
    }
  }
}

/// The refusal of a system call on a file that returned this errno.
@inline(never)
func systemRefusal(_ code: ExitCode, _ file: Path, call: StaticString, wanted: StaticString, _ number: Int) -> Refusal {
  refusal(
    code, "\(path: file): \(call): found \(systemError: number), wanted \(wanted)",
    advice: SystemError.advice(number))
}
