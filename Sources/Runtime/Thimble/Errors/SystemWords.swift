/// What a C library says of the errors of system calls that happen: there may be none to ask.
package enum SystemWords {
  /// The words for an errno of Linux (asm-generic/errno-base.h and errno.h); nil for what hardly happens.
  package static func of(_ number: Int) -> StaticString? {
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
    case 19: "No such device"
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
}
