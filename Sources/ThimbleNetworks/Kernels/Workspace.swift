import Dispatch
import Synchronization
import Thimble

/// A place in a workspace: a number of floats, 64-byte aligned.
package struct Slot: Sendable {
  let offset: Int
  let count: Int
}

/// All memory of a network or a training run: places are reserved first, then allocated at once, zeroed; nothing is allocated
/// afterwards. 32 floats lie behind the last place, so that kernels may read a little past a row.
package final class Workspace {
  private var reserved = 0
  private var base: UnsafeMutablePointer<Float>?

  package init() {}

  /// Bytes that `allocate` will take, or has taken.
  package var byteCount: Int { (reserved + 32) * 4 }

  package func reserve(_ count: Int) -> Slot {
    precondition(base == nil, "a workspace is sized before its first use")
    let slot = Slot(offset: reserved, count: count)
    reserved += (count + 15) / 16 * 16
    return slot
  }

  /// Allocates and zeroes all that was reserved.
  package func allocate() {
    precondition(base == nil)
    let raw = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 64)
    base = raw.bindMemory(to: Float.self, capacity: reserved + 32)
    base!.initialize(repeating: 0, count: reserved + 32)
  }

  package subscript(slot: Slot) -> UnsafeMutablePointer<Float> { base! + slot.offset }

  deinit { base?.deallocate() }
}

/// A fixed number of workers that share loops; which of them does what does not show in any result.
package struct Workers: Sendable {
  package let count: Int

  /// - Parameter count: at least 1.
  package init(count: Int) {
    precondition(count > 0, "no work is done without workers")
    self.count = count
  }

  /// The workers as what a `Generator` is run by.
  package var parallelFor: ParallelFor {
    { count, body in share(count) { units in for unit in units { body(unit) } } }
  }

  /// Shares of a loop for each worker: some more than one, so that a worker that was held up delays the others less.
  private static let sharesPerWorker = 4

  /// Calls `body` for ranges that together are 0 ..< total; they begin at multiples of `multiple`.
  package func share(_ total: Int, multiple: Int = 1, _ body: (Range<Int>) -> Void) {
    let units = (total + multiple - 1) / multiple
    if count == 1 || units <= 1 {
      if total > 0 { body(0..<total) }
      return
    }
    let shares = min(count * Self.sharesPerWorker, units)
    let next = Atomic(0)
    withoutActuallyEscaping(body) { body in
      nonisolated(unsafe) let body = body
      DispatchQueue.concurrentPerform(iterations: min(count, shares)) { _ in
        while true {
          let share = next.wrappingAdd(1, ordering: .relaxed).oldValue
          if share >= shares { return }
          let lower = units * share / shares * multiple
          let upper = min(total, units * (share + 1) / shares * multiple)
          if lower < upper { body(lower..<upper) }
        }
      }
    }
  }
}
