import Glibc
import Synchronization

/// Which file is mapped where: for a handler of SIGBUS to name the one whose bytes are missing. In memory that nothing frees.
package enum MappedNames {
  /// More files than that are mapped without a name.
  private static let count = 1024

  @safe private struct Entry {
    /// The addresses of the mapping; both 0 where there is none.
    var start: UInt = 0
    var end: UInt = 0
    var name: UnsafeMutablePointer<CChar>?
  }

  @safe private struct Table: @unchecked Sendable {
    let entries = UnsafeMutablePointer<Entry>.allocate(capacity: count)
    init() { unsafe entries.initialize(repeating: Entry(), count: count) }
  }

  private static let table = Table()
  private static let access = Mutex(())

  /// Makes the table now: a handler must not.
  package static func prepare() { _ = unsafe table.entries }

  /// Keeps the name of a mapping; nil where there is no room.
  static func keep(_ bytes: UnsafeRawBufferPointer, _ path: String) -> Int? {
    guard let start = bytes.baseAddress, let name = unsafe strdup(FileError.printable(path)) else { return nil }
    return access.withLock { _ in
      guard let slot = (0..<count).first(where: { unsafe table.entries[$0].end == 0 }) else {
        unsafe free(name)
        return nil
      }
      let address = UInt(bitPattern: start)
      unsafe table.entries[slot].name = name
      unsafe table.entries[slot].start = address
      unsafe table.entries[slot].end = address + UInt(bytes.count)
      return slot
    }
  }

  /// The mapping is gone.
  static func drop(_ slot: Int?) {
    guard let slot else { return }
    access.withLock { _ in
      unsafe table.entries[slot].end = 0
      unsafe free(table.entries[slot].name)
      unsafe table.entries[slot].name = nil
    }
  }

  /// The name of the file that is mapped at an address; nil if none is known. Takes no lock: for handlers of signals. The thread that
  /// reads from the address keeps the mapping, and with it the entry.
  package static func name(at address: UnsafeRawPointer?) -> UnsafePointer<CChar>? {
    let address = UInt(bitPattern: address)
    for slot in 0..<count {
      let entry = unsafe table.entries[slot]
      if entry.start <= address, address < entry.end { return unsafe UnsafePointer(entry.name) }
    }
    return nil
  }
}
