import Glibc

/// The address sanitiser's own functions, found at run time: without it there are none.
enum Sanitizer {
  private static func function<Function>(_ name: String, _ type: Function.Type) -> Function? {
    // nil is RTLD_DEFAULT: all that the process has loaded.
    dlsym(nil, name).map { unsafeBitCast($0, to: type) }
  }

  /// Makes bytes forbidden, from a multiple of 8 on. False without the sanitiser.
  static func forbid(_ bytes: UnsafeRawBufferPointer) -> Bool {
    typealias Poison = @convention(c) (UnsafeRawPointer?, Int) -> Void
    guard let poison = function("__asan_poison_memory_region", Poison.self) else { return false }
    poison(bytes.baseAddress, bytes.count)
    return true
  }

  /// Has the number of the mutant in hand printed behind a report, and when it takes too long.
  static func nameMutantAtDeath() {
    typealias Callback = @convention(c) () -> Void
    typealias SetCallback = @convention(c) (Callback) -> Void
    signal(SIGALRM) { _ in
      printMutantInHand()
      _exit(1)
    }
    if let set = function("__asan_set_death_callback", SetCallback.self) { return set { printMutantInHand() } }
    for fault in [SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGFPE, SIGABRT] {
      signal(fault) { fault in
        printMutantInHand()
        signal(fault, SIG_DFL)
        raise(fault)
      }
    }
  }
}

/// The number of the mutant that is being read or run; -1 for none.
nonisolated(unsafe) var mutantInHand = -1

/// Writes a line to standard error without allocating, since a signal may be why.
private func printMutantInHand() {
  guard mutantInHand >= 0 else { return }
  var digits = InlineArray<20, UInt8>(repeating: 0)
  var (at, rest) = (19, mutantInHand)
  digits[at] = UInt8(ascii: "\n")
  repeat {
    at -= 1
    digits[at] = UInt8(ascii: "0") + UInt8(rest % 10)
    rest /= 10
  } while rest > 0
  let text: StaticString = "stopped in mutant "
  write(2, text.utf8Start, text.utf8CodeUnitCount)
  digits.span.withUnsafeBufferPointer { _ = write(2, $0.baseAddress! + at, 20 - at) }
}
