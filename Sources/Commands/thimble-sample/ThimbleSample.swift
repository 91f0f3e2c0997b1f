import ThimbleFreestanding
import SamplerSupport

/// Where the program begins (start.c). Returns the exit code.
@_cdecl("thimble_main")
public func thimbleMain(_ count: Int32, _ words: UnsafeMutablePointer<UnsafePointer<CChar>>) -> Int32 {
  // Writes into a pipe that nobody reads (SIGPIPE), and beyond `ulimit -f` (SIGXFSZ), then fail with an error that we tell.
  thimble_ignore_signal(13)
  thimble_ignore_signal(25)
  do throws(Refusal) {
    try run(try Arguments.parse(words, count: Int(count)))
    return ExitCode.done.rawValue
  } catch {
    return error.code.rawValue
  }
}

private func run(_ options: Options) throws(Refusal) {
  if options.help { return try sayHelp() }
  if options.version { return try sayVersion() }
  try options.check()
  if let golden = options.golden {
    try verify(options.generator!, golden, threads: options.threads)
  } else {
    try sample(options)
  }
}
