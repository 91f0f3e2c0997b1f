import Glibc
import Thimble
import ThimbleThreadIntrinsics

/// A fixed number of threads, including the caller's, that share loops. No result depends on which thread does what.
///
/// The threads are started once and end with this object. A loop of a few microseconds costs about one to share: between
/// loops the threads spin for some tens of microseconds, and only then sleep. Nothing is allocated after `init`.
package final class Workers: @unchecked Sendable {
  /// How many there are.
  package let count: Int
  private let crew: Crew
  private var threads: [pthread_t] = []

  /// - Parameters:
  ///   - count: at least 1. No more are made than there are processors for this process: they could only take turns.
  ///   - evenBeyondProcessors: make them nevertheless; for tests.
  package init(count: Int, evenBeyondProcessors: Bool = false) {
    precondition(count > 0, "no work is done without workers")
    let processors = Int(thimble_processor_count())
    let wanted = evenBeyondProcessors ? count : min(count, processors)
    // A thread that spins on another one's processor only keeps it from its work.
    crew = Crew(spins: wanted <= processors)
    for _ in 1..<wanted {
      // A machine that has no more threads has fewer workers.
      guard let thread = Self.start(crew) else { break }
      threads.append(thread)
    }
    self.count = threads.count + 1
    // What is missing here is no fault that anything later could be laid to.
    errno = 0
  }

  /// As many as there are processors for this process.
  package convenience init() { self.init(count: Int(thimble_processor_count())) }

  deinit {
    crew.dismiss()
    for thread in threads { pthread_join(thread, nil) }
  }

  /// The workers as what a `Generator` is run by.
  package var parallelFor: ParallelFor { { count, body in self.run(count, body) } }

  /// Calls `body` for 0 ..< count, in any order, on all threads, and returns when all is done. Within another loop of the same
  /// workers, or while another thread has one, the caller does it alone. Bodies compute in the standard floating-point mode; the
  /// caller has its own back afterwards.
  package func run(_ count: Int, _ body: (Int) -> Void) {
    FloatMode.standard {
      if threads.isEmpty || count < 2 || !crew.share(count, body) {
        for number in 0..<count { body(number) }
      }
    }
  }

  /// Shares of a loop for each worker: some more than one, so that a worker that was held up delays the others less.
  private static let sharesPerWorker = 12

  /// Calls `body` for ranges that together are 0 ..< total; they begin at multiples of `multiple`.
  package func share(_ total: Int, multiple: Int = 1, _ body: (Range<Int>) -> Void) {
    let units = (total + multiple - 1) / multiple
    let shares = min(count * Self.sharesPerWorker, units)
    if count == 1 || shares <= 1 {
      if total > 0 { FloatMode.standard { body(0..<total) } }
      return
    }
    run(shares) { share in
      let lower = units * share / shares * multiple
      let upper = min(total, units * (share + 1) / shares * multiple)
      if lower < upper { body(lower..<upper) }
    }
  }

  private static let stackByteCount = 1 << 20

  /// What a thread does itself: to no other thread could a signal of these go. Blocked, they would end the process without their
  /// handlers.
  private static let faults = [SIGBUS, SIGSEGV, SIGILL, SIGFPE, SIGTRAP]

  /// Starts a thread that works for `crew` until it is dismissed. All signals but its own faults go to the other threads.
  private static func start(_ crew: Crew) -> pthread_t? {
    var attributes = pthread_attr_t()
    unsafe pthread_attr_init(&attributes)
    defer { unsafe pthread_attr_destroy(&attributes) }
    unsafe pthread_attr_setstacksize(&attributes, stackByteCount)
    var (all, former) = (sigset_t(), sigset_t())
    unsafe sigfillset(&all)
    for fault in faults { unsafe sigdelset(&all, fault) }
    unsafe pthread_sigmask(SIG_SETMASK, &all, &former)
    defer { unsafe pthread_sigmask(SIG_SETMASK, &former, nil) }
    let context = unsafe Unmanaged.passRetained(crew)
    var thread = pthread_t()
    let status = unsafe pthread_create(
      &thread, &attributes,
      { context in
        FloatMode.useStandard()
        unsafe Unmanaged<Crew>.fromOpaque(context!).takeRetainedValue().work()
        return nil
      }, unsafe context.toOpaque())
    if status == 0 { return thread }
    unsafe context.release()
    return nil
  }
}
