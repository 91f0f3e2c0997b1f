import Foundation
import ThimbleStorage

/// SIGBUS: a mapped file that was shortened while it was read, or whose disk failed. The program ends as for any file that cannot
/// be read, instead of by a signal; what it was writing has not got its name.
enum MappingFault {
  /// Kept for good: a handler may neither allocate nor free.
  nonisolated(unsafe) private static var message = unsafe UnsafeBufferPointer<UInt8>(start: nil, count: 0)

  /// - Parameter file: what the message is to name.
  static func install(file: String) {
    let error = FileError(
      .inputOutput, file: file, field: "read", found: "missing bytes: the file was shortened, or its disk failed",
      wanted: "the file unchanged since it was opened",
      advice: "Restore the whole file, or make it again. Continue a training run with --resume.")
    let text = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: "\(error)".utf8.count + 10)
    _ = unsafe text.initialize(from: "thimble: \(error)\n".utf8)
    unsafe message = UnsafeBufferPointer(text)
    var action = sigaction()
    action.sa_flags = SA_SIGINFO
    unsafe action.__sigaction_handler.sa_sigaction = { number, information, _ in
      // BUS_ADRERR: an address without bytes. Anything else is a bug, or somebody's `kill`.
      guard unsafe information?.pointee.si_code == 2 else {
        signal(number, SIG_DFL)
        raise(number)
        return
      }
      _ = unsafe write(STDERR_FILENO, MappingFault.message.baseAddress, MappingFault.message.count)
      _exit(FileError.Kind.inputOutput.rawValue)
    }
    unsafe sigaction(SIGBUS, &action, nil)
  }
}
