/// Errors of system calls: numbers of Linux (asm-generic/errno-base.h and errno.h).
enum SystemError {
  static let missing = 2
  static let interrupted = 4
  static let inputOutput = 5
  static let exists = 17
  static let notFolder = 20
  static let isFolder = 21

  /// What the C library would say; nil for what hardly happens.
  static func words(_ number: Int) -> StaticString? {
    switch number {
    case 1: "Operation not permitted"
    case 2: "No such file or directory"
    case 5: "Input/output error"
    case 6: "No such device or address"
    case 9: "Bad file descriptor"
    case 12: "Cannot allocate memory"
    case 13: "Permission denied"
    case 16: "Device or resource busy"
    case 17: "File exists"
    case 20: "Not a directory"
    case 21: "Is a directory"
    case 22: "Invalid argument"
    case 24: "Too many open files"
    case 26: "Text file busy"
    case 27: "File too large"
    case 28: "No space left on device"
    case 30: "Read-only file system"
    case 32: "Broken pipe"
    case 36: "File name too long"
    case 40: "Too many levels of symbolic links"
    case 122: "Disk quota exceeded"
    default: nil
    }
  }

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
