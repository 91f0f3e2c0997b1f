import Foundation
import Synchronization
import ThimbleStorage

/// SIGBUS: a mapped file that was shortened while it was read, or whose disk failed. The program ends as for any file that cannot
/// be read, instead of by a signal; what it was writing has not got its name, and its temporary files are removed.
enum MappingFault {
  private typealias Text = UnsafeBufferPointer<UInt8>
  /// What stands before the file's name, and after it. Kept for good: a handler may neither allocate nor free.
  nonisolated(unsafe) private static var start = unsafe Text(start: nil, count: 0)
  nonisolated(unsafe) private static var end = unsafe Text(start: nil, count: 0)
  /// Whether one of the threads has come here already.
  private static let isTold = Atomic(false)
  /// Where the file is not known.
  nonisolated(unsafe) private static var nameless = unsafe Text(start: nil, count: 0)

  /// - Parameter next: what to do when the file is whole again, for this command.
  static func install(next: String = "Then run the command again.") {
    MappedNames.prepare()
    let error = FileError(
      .inputOutput, file: "", field: "read", found: "missing bytes: the file was shortened, or its disk failed",
      wanted: "the file unchanged since it was opened", advice: "Restore the whole file, or make it again. \(next)")
    unsafe end = kept("\(error)\n")
    unsafe start = kept("thimble: ")
    unsafe nameless = kept("a mapped file")
    // Made now: a handler must not.
    isTold.store(false, ordering: .relaxed)
    var action = sigaction()
    action.sa_flags = SA_SIGINFO
    unsafe action.__sigaction_handler.sa_sigaction = { number, information, _ in
      // BUS_ADRERR: an address without bytes. Anything else is a bug, or somebody's `kill`.
      guard let information = unsafe information, unsafe information.pointee.si_code == 2 else {
        signal(number, SIG_DFL)
        raise(number)
        return
      }
      // Several threads may miss bytes at once; one of them ends the process.
      if MappingFault.isTold.exchange(true, ordering: .relaxed) { while true { pause() } }
      TemporaryNames.removeAll()
      unsafe MappingFault.tell(MappedNames.name(at: information.pointee._sifields._sigfault.si_addr))
      _exit(FileError.Kind.inputOutput.rawValue)
    }
    unsafe sigaction(SIGBUS, &action, nil)
    Signals.unblock([SIGBUS])
  }

  private static func tell(_ name: UnsafePointer<CChar>?) {
    unsafe write(start)
    if let name = unsafe name {
      _ = unsafe Foundation.write(STDERR_FILENO, name, strlen(name))
    } else {
      unsafe write(nameless)
    }
    unsafe write(end)
  }

  private static func write(_ text: Text) { _ = unsafe Foundation.write(STDERR_FILENO, text.baseAddress, text.count) }

  private static func kept(_ text: String) -> Text {
    let bytes = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: text.utf8.count)
    _ = unsafe bytes.initialize(from: text.utf8)
    return Text(bytes)
  }
}

enum Signals {
  /// Whoever started the program may have blocked them: then no handler would run.
  static func unblock(_ numbers: [Int32]) {
    var set = sigset_t()
    unsafe sigemptyset(&set)
    for number in numbers { unsafe sigaddset(&set, number) }
    unsafe pthread_sigmask(SIG_UNBLOCK, &set, nil)
  }
}
