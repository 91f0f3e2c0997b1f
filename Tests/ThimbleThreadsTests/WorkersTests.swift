import Glibc
import Synchronization
import Testing
import ThimbleThreads

/// A sum that several threads add to.
private final class Sum: Sendable {
  let value = Atomic(0)
}

@Suite struct WorkersTests {
  /// A number that was given out twice or not at all, a loop that ends before its bodies, a thread that is never waked: with
  /// more threads than there are processors, too. Pauses let the threads fall asleep now and then.
  @Test(arguments: [1, 2, 3, 9]) func thousandsOfTinyLoops(threads: Int) {
    let workers = Workers(count: threads, evenBeyondProcessors: true)
    let parallelFor = workers.parallelFor
    let cells = UnsafeMutablePointer<Int>.allocate(capacity: 16)
    defer { cells.deallocate() }
    cells.initialize(repeating: 0, count: 16)
    nonisolated(unsafe) let shared = cells
    var wanted = [Int](repeating: 0, count: 16)
    var state: UInt64 = 7
    for loop in 0..<20_000 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let count = Int(state >> 60)
      // Not atomic: only right if each number is run once, and before the next loop begins.
      parallelFor(count) { shared[$0] += loop }
      for number in 0..<count { wanted[number] += loop }
      if state >> 40 & 255 == 0 { usleep(150) }
    }
    #expect((0..<16).map { cells[$0] } == wanted)
  }

  /// Threads that do not run at the same time: each body waits for all the others.
  @Test func allThreadsTakePart() {
    let workers = Workers(count: 4, evenBeyondProcessors: true)
    #expect(workers.count == 4)
    for _ in 0..<50 {
      let arrived = Atomic(0)
      workers.run(4) { _ in
        arrived.wrappingAdd(1, ordering: .relaxed)
        while arrived.load(ordering: .relaxed) < 4 { sched_yield() }
      }
      usleep(100)
    }
  }

  /// A loop within a loop, or two owners at once, that wait for each other for ever or lose numbers.
  @Test func loopsWithinLoopsAndSeveralOwners() async {
    let workers = Workers(count: 3, evenBeyondProcessors: true)
    let sum = Sum()
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<4 {
        group.addTask {
          for _ in 0..<200 {
            workers.run(8) { outer in
              workers.run(5) { sum.value.wrappingAdd(outer * $0, ordering: .relaxed) }
            }
          }
        }
      }
    }
    #expect(sum.value.load(ordering: .relaxed) == 4 * 200 * 28 * 10)
  }

  /// Ranges that overlap, leave something out, or begin elsewhere than at the multiple.
  @Test(arguments: [0, 1, 7, 8, 100, 1001], [1, 8, 16]) func rangesCoverTheLoop(total: Int, multiple: Int) {
    let workers = Workers(count: 3, evenBeyondProcessors: true)
    let hits = UnsafeMutablePointer<Int>.allocate(capacity: total + 1)
    defer { hits.deallocate() }
    hits.initialize(repeating: 0, count: total + 1)
    let misplaced = Atomic(0)
    workers.share(total, multiple: multiple) { range in
      if range.lowerBound % multiple != 0 { misplaced.wrappingAdd(1, ordering: .relaxed) }
      for index in range { hits[index] += 1 }
    }
    #expect((0..<total).allSatisfy { hits[$0] == 1 } && hits[total] == 0)
    #expect(misplaced.load(ordering: .relaxed) == 0)
  }

  /// More threads than processors, of which none could run while another one spins.
  @Test func noMoreThreadsThanProcessors() {
    // A mask in hexadecimal digits, with commas.
    let mask = field("Cpus_allowed:").compactMap { $0.hexDigitValue }
    let processors = mask.reduce(0) { $0 + $1.nonzeroBitCount }
    #expect(Workers(count: 1000).count == min(1000, processors))
    #expect(Workers(count: 1).count == 1)
  }

  /// Catches: threads that block what only they can be told of, so that the process ends without its handlers; or that take signals
  /// which are the owner's.
  @Test func threadsTakeTheirOwnFaultsAlone() {
    let workers = Workers(count: 4, evenBeyondProcessors: true)
    let owner = pthread_self()
    let (blockedFaults, openOthers, others) = (Sum(), Sum(), Sum())
    onAllThreads(of: workers) {
      if pthread_equal(pthread_self(), owner) != 0 { return }
      others.value.wrappingAdd(1, ordering: .relaxed)
      var mask = sigset_t()
      pthread_sigmask(SIG_BLOCK, nil, &mask)
      for signal in [SIGBUS, SIGSEGV, SIGILL, SIGFPE, SIGTRAP] where sigismember(&mask, signal) != 0 {
        blockedFaults.value.wrappingAdd(1, ordering: .relaxed)
      }
      for signal in [SIGINT, SIGTERM, SIGHUP, SIGALRM] where sigismember(&mask, signal) == 0 {
        openOthers.value.wrappingAdd(1, ordering: .relaxed)
      }
    }
    #expect(others.value.load(ordering: .relaxed) == 3)
    #expect(blockedFaults.value.load(ordering: .relaxed) == 0 && openOthers.value.load(ordering: .relaxed) == 0)
  }

  /// Catches: sums that follow the caller's rounding, on its own thread or on another; a caller that does not get it back.
  @Test(arguments: [1, 4]) func standardFloatMode(count: Int) {
    fesetround(FE_UPWARD)
    defer { fesetround(FE_TONEAREST) }
    let workers = Workers(count: count, evenBeyondProcessors: true)
    let wrong = Sum()
    func check() { if fegetround() != FE_TONEAREST { wrong.value.wrappingAdd(1, ordering: .relaxed) } }
    onAllThreads(of: workers, check)
    #expect(fegetround() == FE_UPWARD)
    workers.run(1) { _ in check() }
    workers.share(1) { _ in check() }
    workers.share(1000) { _ in check() }
    #expect(fegetround() == FE_UPWARD)
    #expect(wrong.value.load(ordering: .relaxed) == 0)
  }

  /// Runs `body` once on each thread: none begins before all are there.
  private func onAllThreads(of workers: Workers, _ body: @escaping () -> Void) {
    let arrived = Sum()
    workers.run(workers.count) { _ in
      arrived.value.wrappingAdd(1, ordering: .relaxed)
      while arrived.value.load(ordering: .relaxed) < workers.count { sched_yield() }
      body()
    }
  }

  /// Threads that outlive their workers.
  @Test func threadsEndWithTheirWorkers() {
    for _ in 0..<100 {
      let workers = Workers(count: 3, evenBeyondProcessors: true)
      workers.run(2) { _ in }
    }
    let count = Int(field("Threads:")) ?? .max
    #expect(count < 100, "\(count) threads are left of 200")
  }

  /// A line of what the kernel tells of this process.
  private func field(_ name: String) -> Substring {
    let line = text("/proc/self/status").split(separator: "\n").first { $0.hasPrefix(name) }
    return line?.split(separator: "\t").last ?? ""
  }

  private func text(_ path: String) -> String {
    guard let file = fopen(path, "r") else { return "" }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 14)
    let count = fread(&bytes, 1, bytes.count, file)
    return String(decoding: bytes.prefix(count), as: UTF8.self)
  }
}
