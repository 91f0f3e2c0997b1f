import Glibc
import Synchronization
import ThimbleThreadIntrinsics

/// Writes the two words of a closure to `place`. The code that calls it from there must keep the closure alive.
@_silgen_name("thimble_borrow")
private func borrow(_ body: (Int) -> Void, _ place: UnsafeMutablePointer<thimble_borrowed_closure>)

/// One loop at a time, and the threads that join it.
///
/// The owner opens a loop and begins with it. A thread that comes in time joins; the owner, when no number is left, closes the
/// loop and waits for those that have joined, and for nobody else: a thread that sleeps, or that the system has taken off its
/// processor before it began, holds nobody up. Numbers are given out by one counter.
@safe final class Crew: @unchecked Sendable {
  /// From the low bits: how many have joined; whether the owner sleeps until they are done; whether the loop is open; whether
  /// all is over; and the number of the loop. All of it changes at once.
  private let state = Atomic<UInt64>(0)
  private static let joined: UInt64 = (1 << 28) - 1
  private static let ownerSleeps: UInt64 = 1 << 28
  private static let isOpen: UInt64 = 1 << 29
  private static let isOver: UInt64 = 1 << 30
  private static let oneLoop: UInt64 = 1 << 32

  /// The next number to give out, and the first that is none; read without having joined only to see whether joining pays.
  private let next = Atomic(0)
  private let count = Atomic(0)
  /// Written while no loop is open and nobody has joined; read by those who have.
  private let body: UnsafeMutablePointer<thimble_borrowed_closure>

  private let isTaken = Atomic(false)
  private let sleepers = Atomic(0)
  private let idle = WaitingRoom()
  private let end = WaitingRoom()
  /// How long a thread looks for work before it sleeps.
  private let patience: UInt64

  init(spins: Bool) {
    patience = spins ? 50_000 : 0
    unsafe body = .allocate(capacity: 1)
    unsafe body.initialize(to: thimble_borrowed_closure())
  }

  deinit { unsafe body.deallocate() }

  /// Shares a loop, and does a part of it. Returns false at once if the crew has a loop already.
  func share(_ count: Int, _ body: (Int) -> Void) -> Bool {
    if isTaken.exchange(true, ordering: .acquiring) { return false }
    unsafe borrow(body, self.body)
    next.store(0, ordering: .relaxed)
    self.count.store(count, ordering: .relaxed)
    let former = state.load(ordering: .relaxed)
    // Sequentially consistent, as is what a thread does that falls asleep: one of the two sees the other.
    state.store((former &+ Self.oneLoop) | Self.isOpen, ordering: .sequentiallyConsistent)
    if sleepers.load(ordering: .sequentiallyConsistent) > 0 { idle.wake(count - 1) }
    take(count)
    close()
    isTaken.store(false, ordering: .releasing)
    return true
  }

  /// Ends `work` in all threads.
  func dismiss() {
    state.bitwiseOr(Self.isOver, ordering: .sequentiallyConsistent)
    idle.wake(.max)
  }

  /// What each thread does from its start to its end.
  func work() {
    var seen: UInt64 = 0
    while let loop = nextLoop(after: seen) {
      seen = loop
      guard join(loop) else { continue }
      take(count.load(ordering: .relaxed))
      leave()
    }
  }

  /// Runs numbers of the loop until none is left.
  private func take(_ count: Int) {
    let body = unsafe body.pointee
    while true {
      let number = next.wrappingAdd(1, ordering: .relaxed).oldValue
      if number >= count { return }
      unsafe thimble_call(body, number)
    }
  }

  /// Closes the loop and waits for those who joined.
  private func close() {
    var now = state.bitwiseAnd(~Self.isOpen, ordering: .acquiringAndReleasing).newValue
    if now & Self.joined == 0 { return }
    spin(until: {
      now = state.load(ordering: .acquiring)
      return now & Self.joined == 0
    })
    if now & Self.joined == 0 { return }
    end.sleep {
      state.bitwiseOr(Self.ownerSleeps, ordering: .acquiringAndReleasing).newValue & Self.joined != 0
    }
    state.bitwiseAnd(~Self.ownerSleeps, ordering: .relaxed)
  }

  /// Joins the loop of this number, unless it is closed or all is given out.
  private func join(_ loop: UInt64) -> Bool {
    var now = state.load(ordering: .relaxed)
    while now & Self.isOpen != 0, now >> 32 == loop,
      next.load(ordering: .relaxed) < count.load(ordering: .relaxed)
    {
      let (exchanged, original) = state.weakCompareExchange(
        expected: now, desired: now + 1, ordering: .acquiringAndReleasing)
      if exchanged { return true }
      now = original
    }
    return false
  }

  private func leave() {
    let now = state.wrappingSubtract(1, ordering: .acquiringAndReleasing).newValue
    if now & Self.joined == 0 && now & Self.ownerSleeps != 0 { end.wake(1) }
  }

  /// Waits for a loop with another number than `seen`, and returns its number; nil when all is over.
  private func nextLoop(after seen: UInt64) -> UInt64? {
    var now: UInt64 = 0
    func isNews() -> Bool {
      now = state.load(ordering: .sequentiallyConsistent)
      return now >> 32 != seen || now & Self.isOver != 0
    }
    if !spin(until: isNews) {
      sleepers.wrappingAdd(1, ordering: .sequentiallyConsistent)
      idle.sleep { !isNews() }
      sleepers.wrappingSubtract(1, ordering: .relaxed)
    }
    return now & Self.isOver != 0 ? nil : now >> 32
  }

  /// Looks for a condition for as long as the crew's patience lasts; returns whether it came true.
  @discardableResult
  private func spin(until condition: () -> Bool) -> Bool {
    if condition() { return true }
    let start = nanoseconds()
    repeat {
      for _ in 0..<16 {
        if condition() { return true }
        thimble_spin_hint()
      }
    } while nanoseconds() - start < patience
    return false
  }
}

/// Where threads sleep until they are waked.
@safe private final class WaitingRoom: Sendable {
  private nonisolated(unsafe) let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private nonisolated(unsafe) let waking = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  init() {
    unsafe pthread_mutex_init(mutex, nil)
    unsafe pthread_cond_init(waking, nil)
  }

  deinit {
    unsafe pthread_cond_destroy(waking)
    unsafe pthread_mutex_destroy(mutex)
    unsafe waking.deallocate()
    unsafe mutex.deallocate()
  }

  /// Sleeps while the condition holds. It is looked at with the door closed: who makes it false and then wakes is never missed.
  func sleep(while condition: () -> Bool) {
    unsafe pthread_mutex_lock(mutex)
    while condition() { unsafe pthread_cond_wait(waking, mutex) }
    unsafe pthread_mutex_unlock(mutex)
  }

  /// Wakes this many sleeping threads.
  func wake(_ count: Int) {
    unsafe pthread_mutex_lock(mutex)
    if count == 1 { unsafe pthread_cond_signal(waking) } else { unsafe pthread_cond_broadcast(waking) }
    unsafe pthread_mutex_unlock(mutex)
  }
}

/// A clock that only goes forward.
private func nanoseconds() -> UInt64 {
  var time = timespec()
  unsafe clock_gettime(CLOCK_MONOTONIC, &time)
  return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}
