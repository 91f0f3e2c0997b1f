// With a C library and Swift's runtime, as `swift build` makes the program, those start it; on a board start.c does.
#if !hasFeature(Embedded)
  import Glibc
  import ThimbleFreestanding

  @main
  enum HostedEntry {
    static func main() {
      var count: Int32 = 0
      let given = thimble_program_words(&count).map { UnsafeMutableRawPointer(mutating: $0) }
      let words = given ?? UnsafeMutableRawPointer(CommandLine.unsafeArgv)
      exit(
        thimbleMain(
          given == nil ? CommandLine.argc : count, words.assumingMemoryBound(to: UnsafePointer<CChar>.self)))
    }
  }
#endif
