import Glibc

/// Memory whose size a file or an option says: where there is none, Swift's own allocations end the program.
package enum Room {
  /// Less than that is not worth a question.
  private static let small = 1 << 20
  /// More than that is worth reading what this process may take.
  private static let large = 1 << 26

  /// Refuses, as a `fault`, bytes that this process cannot have: more than nine tenths of what it may take, or more than the system
  /// gives now. `what` they are for follows them, as in "8591 MB for an arena".
  package static func check(
    _ byteCount: Int, for what: String, file: String, advice: String = "Free some memory, or use a smaller file.",
    limit: MemoryLimit? = nil
  ) throws(FileError) {
    if byteCount < small { return }
    func refusal(_ wanted: String) -> FileError {
      FileError(
        .fault, file: file, field: "memory", found: "\(byteCount >> 20) MB for \(what)", wanted: wanted, advice: advice)
    }
    if byteCount >= large {
      let limit = limit ?? .present
      guard UInt64(byteCount) <= limit.byteCount / 10 * 9 else {
        throw refusal("at most nine tenths of the \(limit.byteCount >> 20) MB that \(limit.source)")
      }
    }
    // Taken and given back untouched.
    let memory = unsafe mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let memory = unsafe memory, unsafe memory != MAP_FAILED else {
      errno = 0
      throw refusal("no more than the system gives")
    }
    unsafe munmap(memory, byteCount)
  }
}
