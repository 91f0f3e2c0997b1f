import KernelLattice
import Glibc
import Testing
import Thimble
import ThimbleQuantization

/// What a thread with a small stack runs; found by the thread through a pointer.
private final class Job {
  let body: () -> Void
  init(_ body: @escaping () -> Void) { self.body = body }
}

@Suite(.serialized) struct MemoryTests {
  /// Loading, making a generator and sampling in a thread whose whole stack is 32 KB below the thread's own needs. A guard
  /// page makes a larger use crash.
  @Test func stackOf32KBIsEnough() throws {
    // Streamed: the deepest calls.
    let file = try GeneratorTests.builders[1].build { $0 = MemoryPlanner($0).plans.last!.layout }
    #expect(RowStream(try Model(file.raw).layout).firstLayer == 1)
    let wanted = try images(Model(file.raw), seeds: [2])[0]
    let arena = GuardedBytes(try Model(file.raw).arenaByteCount()!)
    let pixels = GuardedBytes(wanted.count)
    for set in testedSets {
      let job = Job {
        guard let model = try? Model(file.raw, instructionSet: set),
          var generator = try? Generator(model, arena: arena.bytes)
        else { return }
        var span = MutableSpan<UInt8>(_unsafeElements: pixels.bytes.bindMemory(to: UInt8.self))
        try? generator.generate(seed: 2, into: &span)
      }
      runOnThread(stackByteCount: 32 * 1024, job)
      #expect(pixels.contents == wanted, "\(set.name)")
      pixels.bytes.initializeMemory(as: UInt8.self, repeating: 0)
    }
  }

  /// What the C library puts on every thread's stack for variables of all libraries in this process, among them a large one of
  /// OpenBLAS, which a test of another room needs.
  private static let threadLocalByteCount: Int = {
    typealias LeastStack = @convention(c) (UnsafePointer<pthread_attr_t>?) -> Int
    guard let symbol = dlsym(nil, "__pthread_get_minstack") else { return 0 }
    // Of a page, the variables, and 16 KB.
    return max(0, unsafeBitCast(symbol, to: LeastStack.self)(nil) - 16 * 1024 - Int(getpagesize()))
  }()

  private func runOnThread(stackByteCount: Int, _ job: Job) {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    #expect(pthread_attr_setstacksize(&attributes, stackByteCount + Self.threadLocalByteCount) == 0)
    var thread = pthread_t()
    let context = Unmanaged.passUnretained(job).toOpaque()
    let status = pthread_create(
      &thread, &attributes,
      { context in
        Unmanaged<Job>.fromOpaque(context!).takeUnretainedValue().body()
        return nil
      }, context)
    guard status == 0 else {
      Issue.record("no thread with so small a stack: error \(status)")
      return
    }
    pthread_join(thread, nil)
    pthread_attr_destroy(&attributes)
  }

}
