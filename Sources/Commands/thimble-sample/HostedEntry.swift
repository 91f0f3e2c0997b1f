// With a C library and Swift's runtime, as `swift build` makes the program, those start it; on a board start.c does.
#if !hasFeature(Embedded)
  import Glibc

  @main
  enum HostedEntry {
    static func main() {
      let words = UnsafeMutableRawPointer(CommandLine.unsafeArgv).assumingMemoryBound(to: UnsafePointer<CChar>.self)
      exit(thimbleMain(CommandLine.argc, words))
    }
  }
#endif
