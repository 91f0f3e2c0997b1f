import AllocationCounter
import Glibc
import Synchronization
import Testing
import Thimble
import ThimbleThreads

/// Nothing is allocated or mapped once model, generator and threads are there: on no thread.
@Suite struct ThreadAllocationTests {
  private static let models =
    #filePath.split(separator: "/").dropLast(2).map { "/" + $0 }.joined() + "/Fixtures/models/random-0"

  /// Counts of all threads: each of them takes one number, since none ends before all have begun.
  private func counts(_ workers: Workers, _ into: UnsafeMutablePointer<Int>) {
    let arrived = Atomic(0)
    workers.run(workers.count) { _ in
      let place = arrived.wrappingAdd(1, ordering: .acquiringAndReleasing).oldValue
      into[place] = allocation_count()
      while arrived.load(ordering: .acquiring) < workers.count { sched_yield() }
    }
  }

  @Test(arguments: ["41", "24", "34"]) func generatingOnThreadsAllocatesNothing(number: String) throws {
    let model = try Model(path: Self.models + number + ".thimble")
    let (length, size) = (model.latentLength, model.imageByteCount)
    let workers = Workers(count: 3, evenBeyondProcessors: true)
    let parallelFor = workers.parallelFor
    let arena = UnsafeMutableRawBufferPointer.allocate(
      byteCount: model.arenaByteCount(images: 3, workers: workers.count)!, alignment: 64)
    defer { arena.deallocate() }
    let latents = [Int16](repeating: 77, count: 3 * length)
    var pixels = [UInt8](repeating: 0, count: 3 * size)
    var generator = try Generator(model, arena: arena, images: 3, workers: workers.count)
    var span = pixels.mutableSpan
    let table = UnsafeMutablePointer<Int>.allocate(capacity: 2 * workers.count)
    defer { table.deallocate() }
    table.initialize(repeating: 0, count: 2 * workers.count)
    counts(workers, table)
    for seed in 0..<200 {
      try generator.generate(seed: UInt64(seed), into: &span, parallelFor: parallelFor)
      try generator.generate(latents: latents.span, into: &span, parallelFor: parallelFor)
      // Some of the threads fall asleep, and are waked.
      if seed % 20 == 0 { usleep(200) }
    }
    counts(workers, table + workers.count)
    // A thread may come in another place the second time; the sums are the same only if nobody allocated.
    let sums = [table, table + workers.count].map { part in (0..<workers.count).reduce(0) { $0 + part[$1] } }
    #expect(sums[0] == sums[1])
  }

  /// What threads allocate is seen.
  @Test func theCounterCountsOnThreads() {
    let workers = Workers(count: 3, evenBeyondProcessors: true)
    let table = UnsafeMutablePointer<Int>.allocate(capacity: 6)
    defer { table.deallocate() }
    counts(workers, table)
    workers.run(30) { _ in UnsafeMutableRawPointer.allocate(byteCount: 100, alignment: 64).deallocate() }
    counts(workers, table + 3)
    #expect((3..<6).reduce(0) { $0 + table[$1] } >= (0..<3).reduce(0) { $0 + table[$1] } + 30)
  }
}
