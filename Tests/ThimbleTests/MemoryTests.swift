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

  private func runOnThread(stackByteCount: Int, _ job: Job) {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    #expect(pthread_attr_setstacksize(&attributes, stackByteCount) == 0)
    var thread = pthread_t()
    let context = Unmanaged.passUnretained(job).toOpaque()
    pthread_create(
      &thread, &attributes,
      { context in
        Unmanaged<Job>.fromOpaque(context!).takeUnretainedValue().body()
        return nil
      }, context)
    pthread_join(thread, nil)
    pthread_attr_destroy(&attributes)
  }

}
