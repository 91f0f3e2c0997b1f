import Foundation
import Synchronization
import Thimble
import ThimbleThreads

/// What the instruction set could do at most here and now: its dot products on registers, nothing loaded, nothing stored.
enum PeakProbe {
  /// Multiply-accumulates a second of all threads together: the best of some runs of about two milliseconds.
  static func multiplyAccumulatesPerSecond(_ set: InstructionSet, _ workers: Workers) -> Double {
    var steps = 1 << 10
    // The fastest of three: one that was interrupted seems to be long enough.
    while (0..<3).map({ _ in time(set, steps).seconds }).min()! < 2e-3, steps < 1 << 40 { steps *= 2 }
    var best = 0.0
    for _ in 0..<20 { best = max(best, rate(set, steps, workers)) }
    return best
  }

  private static func time(_ set: InstructionSet, _ steps: Int) -> (seconds: Double, count: Int) {
    let start = ProcessClock.now
    let count = set.kernels.dotProductProbe(steps)
    return (ProcessClock.now - start, count)
  }

  /// One run on all threads at the same time.
  private static func rate(_ set: InstructionSet, _ steps: Int, _ workers: Workers) -> Double {
    let arrived = Atomic(0)
    let rates = Mutex(0.0)
    workers.run(workers.count) { _ in
      // None begins before all are there, so that each takes one part.
      arrived.wrappingAdd(1, ordering: .relaxed)
      while arrived.load(ordering: .relaxed) < workers.count { sched_yield() }
      let (seconds, count) = time(set, steps)
      rates.withLock { $0 += Double(count) / seconds }
    }
    return rates.withLock { $0 }
  }
}
