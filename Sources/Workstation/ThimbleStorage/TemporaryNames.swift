import Glibc
import Synchronization

/// The temporary files of a process, for a handler of signals to remove: a few at a time, in memory that nothing frees.
package enum TemporaryNames {
  /// Bytes of a name with its end, as `PATH_MAX`; longer ones are not kept.
  private static let room = 4096
  private static let count = 8

  @safe private struct Table: @unchecked Sendable {
    /// [count][room]
    let names = UnsafeMutablePointer<CChar>.allocate(capacity: count * room)
    /// Which of them are files.
    let isUsed = UnsafeMutablePointer<sig_atomic_t>.allocate(capacity: count)
    init() { unsafe isUsed.initialize(repeating: 0, count: count) }
  }

  private static let table = Table()
  private static let access = Mutex(())

  /// From now on SIGINT, SIGTERM and SIGHUP remove the files and end the process as they would have without.
  package static func removeWhenInterrupted() {
    // Made now: a handler must not.
    _ = unsafe table.isUsed
    // Whoever started the program may have blocked them: threads of many libraries do.
    var signals = sigset_t()
    unsafe sigemptyset(&signals)
    for number in [SIGINT, SIGTERM, SIGHUP] { unsafe sigaddset(&signals, number) }
    unsafe sigprocmask(SIG_UNBLOCK, &signals, nil)
    for number in [SIGINT, SIGTERM, SIGHUP] {
      if isIgnored(number) { continue }
      signal(number) { number in
        TemporaryNames.removeAll()
        signal(number, SIG_DFL)
        raise(number)
      }
    }
  }

  /// Removes the files: for handlers of signals that end the process.
  package static func removeAll() {
    for slot in 0..<count where unsafe table.isUsed[slot] != 0 { unsafe unlink(table.names + slot * room) }
  }

  /// Whether the program was started to survive a signal: with `nohup`, or in a shell's background.
  package static func isIgnored(_ number: Int32) -> Bool {
    var present = sigaction()
    unsafe sigaction(number, nil, &present)
    return unsafe unsafeBitCast(present.__sigaction_handler.sa_handler, to: Int.self)
      == unsafeBitCast(SIG_IGN, to: Int.self)
  }

  /// Keeps a name; nil where there is no room.
  static func keep(_ path: String) -> Int? {
    access.withLock { _ in
      guard path.utf8.count < room, let slot = (0..<count).first(where: { unsafe table.isUsed[$0] == 0 }) else {
        return nil
      }
      unsafe strcpy(table.names + slot * room, path)
      unsafe table.isUsed[slot] = 1
      return slot
    }
  }

  /// The file has its own name now, or is gone.
  static func drop(_ slot: Int?) {
    guard let slot else { return }
    access.withLock { _ in unsafe table.isUsed[slot] = 0 }
  }
}
