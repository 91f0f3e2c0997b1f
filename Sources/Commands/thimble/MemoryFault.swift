import Foundation
import ThimbleStorage

/// Memory that is missing where no error can be thrown: Swift's runtime says how much it wanted, and aborts or traps. The program then
/// ends as for memory that is missing elsewhere.
enum MemoryFault {
  nonisolated(unsafe) private static var message = unsafe UnsafeBufferPointer<UInt8>(start: nil, count: 0)
  private static let numbers = [SIGABRT, SIGILL, SIGTRAP]
  /// What was done before, for each of these.
  nonisolated(unsafe) private static var former = UnsafeMutablePointer<sigaction>.allocate(capacity: 3)

  static func install() {
    let error = FileError(
      .fault, file: "memory", field: "allocate", found: "none left", wanted: "room for what the command computes",
      advice: "Close other programs, raise the limit that this process has, or use smaller inputs.")
    let text = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: "\(error)".utf8.count + 10)
    _ = unsafe text.initialize(from: "thimble: \(error)\n".utf8)
    unsafe message = UnsafeBufferPointer(text)
    var action = sigaction()
    unsafe action.__sigaction_handler.sa_handler = { number in MemoryFault.handle(number) }
    for (place, number) in numbers.enumerated() { unsafe sigaction(number, &action, former + place) }
    Signals.unblock(numbers)
  }

  private static func handle(_ number: Int32) {
    guard errno == ENOMEM else {
      // A bug: it ends the program as it would have. A trap traps again.
      unsafe sigaction(number, former + (number == SIGABRT ? 0 : number == SIGILL ? 1 : 2), nil)
      if number == SIGABRT { raise(number) }
      return
    }
    TemporaryNames.removeAll()
    _ = unsafe write(STDERR_FILENO, message.baseAddress, message.count)
    _exit(FileError.Kind.fault.rawValue)
  }
}
