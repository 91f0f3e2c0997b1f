import Foundation
import ThimbleStorage

/// Ctrl-C, SIGTERM and a closed terminal (SIGHUP) as a wish that the training loop looks at.
enum Interruption {
  nonisolated(unsafe) private static var wanted: sig_atomic_t = 0
  static var isWanted: Bool { unsafe wanted != 0 }

  static func install() {
    for number in [SIGINT, SIGTERM] {
      signal(number) { number in
        unsafe Interruption.wanted = 1
        // The next one ends the program at once.
        signal(number, SIG_DFL)
      }
    }
    // `nohup` has said that the run is to outlive the terminal. A terminal that closes sends it twice, by the kernel and by the shell: all but the first mean nothing.
    if !TemporaryNames.isIgnored(SIGHUP) { signal(SIGHUP) { _ in unsafe Interruption.wanted = 1 } }
  }
}
