import Foundation

/// Times of this process, in seconds.
enum ProcessClock {
  /// When `main` began, by `now`, and the processor time that was used by then: loading libraries, before any code of ours.
  /// `main` reads it first.
  static let main = (now: now, used: seconds(CLOCK_PROCESS_CPUTIME_ID))

  /// A clock that only goes forward.
  static var now: Double { seconds(CLOCK_MONOTONIC) }

  /// Since the process began. The kernel gives its start only to a hundredth of a second; the processor time before
  /// `main` stands for what passed until then.
  static var sinceStart: Double { now - main.now + main.used }

  private static func seconds(_ clock: clockid_t) -> Double {
    var time = timespec()
    unsafe clock_gettime(clock, &time)
    return Double(time.tv_sec) + 1e-9 * Double(time.tv_nsec)
  }
}

/// Memory of this process.
enum ProcessMemory {
  /// The most bytes that were in memory at one time.
  static var peakResidentByteCount: Int {
    var usage = rusage()
    unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return usage.ru_maxrss * 1024
  }

  /// Bytes that are in memory now, counted page by page; nil where the kernel does not tell.
  static var residentByteCount: Int? {
    // Read in pieces into the stack: to look must not change what is seen.
    let file = unsafe open("/proc/self/smaps_rollup", O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var bytes = InlineArray<2048, UInt8>(repeating: 0)
    var span = bytes.mutableSpan
    let count = unsafe span.withUnsafeMutableBytes { unsafe read(file, $0.baseAddress, $0.count) }
    let name: [UInt8] = Array("\nRss:".utf8)
    var (at, kilobytes) = (0, 0)
    while at + name.count < count, !name.indices.allSatisfy({ bytes[at + $0] == name[$0] }) { at += 1 }
    guard at + name.count < count else { return nil }
    at += name.count
    while at < count, bytes[at] == UInt8(ascii: " ") { at += 1 }
    while at < count, (48...57).contains(bytes[at]) {
      kilobytes = kilobytes * 10 + Int(bytes[at] - 48)
      at += 1
    }
    return kilobytes * 1024
  }
}
