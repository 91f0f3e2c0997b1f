import ThimbleThreadIntrinsics

/// The words that the program was started with.
package enum ProgramArguments {
  /// The program's name first. From the C library's loader; else from Swift, which reads /proc/self/cmdline and knows none where
  /// /proc is not mounted.
  package static var all: [String] {
    let count = Int(thimble_argument_count())
    guard count > 0, let words = unsafe thimble_arguments() else { return CommandLine.arguments }
    return (0..<count).compactMap { unsafe words[$0].map { unsafe String(cString: $0) } }
  }
}
