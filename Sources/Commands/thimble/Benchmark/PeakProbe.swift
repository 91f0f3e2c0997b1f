import Foundation
import Synchronization
import Thimble
import ThimbleNetworks
import ThimbleThreads

/// What the instruction set could do at most here and now: its dot products on registers, nothing loaded, nothing stored.
enum PeakProbe {
  /// Multiply-accumulates a second of all threads together: the best of some runs of about two milliseconds.
  static func multiplyAccumulatesPerSecond(_ set: InstructionSet, _ workers: Workers) -> Double {
    best(workers) { set.kernels.dotProductProbe($0) }
  }

  /// The same for fused multiply-adds of f32.
  static func multiplyAccumulatesPerSecond(_ kernels: FloatKernels, _ workers: Workers) -> Double {
    best(workers) { steps in
      var numbers = InlineArray<4, Float>(repeating: 1)
      var span = numbers.mutableSpan
      return unsafe span.withUnsafeMutableBufferPointer { unsafe kernels.fusedProductProbe(steps, $0.baseAddress!) }
    }
  }

  /// - Parameter probe: does this many steps, and returns its multiply-accumulates.
  private static func best(_ workers: Workers, _ probe: @Sendable (Int) -> Int) -> Double {
    var steps = 1 << 10
    // The fastest of three, since an interrupted run looks long enough.
    while (0..<3).map({ _ in time(steps, probe).seconds }).min()! < 2e-3, steps < 1 << 40 { steps *= 2 }
    return (0..<20).map { _ in rate(steps, workers, probe) }.max()!
  }

  private static func time(_ steps: Int, _ probe: (Int) -> Int) -> (seconds: Double, count: Int) {
    let start = ProcessClock.now
    let count = probe(steps)
    return (ProcessClock.now - start, count)
  }

  /// One run on all threads at the same time.
  private static func rate(_ steps: Int, _ workers: Workers, _ probe: @Sendable (Int) -> Int) -> Double {
    let arrived = Atomic(0)
    let rates = Mutex(0.0)
    workers.run(workers.count) { _ in
      // None begins before all are there, so that each takes one part.
      arrived.wrappingAdd(1, ordering: .relaxed)
      while arrived.load(ordering: .relaxed) < workers.count { sched_yield() }
      let (seconds, count) = time(steps, probe)
      rates.withLock { $0 += Double(count) / seconds }
    }
    return rates.withLock { $0 }
  }
}
