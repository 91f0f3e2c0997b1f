import ArgumentParser
import Foundation
import Synchronization
import Thimble
import ThimbleNetworks
import ThimbleSampling
import ThimbleStorage
import ThimbleThreads

/// What computes; it shows in the time, never in the bytes.
struct ComputeOptions: ParsableArguments {
  @Option(help: "Number of threads (default: one per processor, which is also the most).")
  var threads: Int?
  @Flag(help: ArgumentHelp("Allow more threads than processors. For tests.", visibility: .hidden))
  var evenBeyondProcessors = false

  var threadCount: Int { threads ?? ProcessInfo.processInfo.activeProcessorCount }
  /// The threads of this process: started when first asked for, and kept.
  var workers: Workers { Team.workers(threadCount, evenBeyondProcessors) }
  func kernels() throws(FileError) -> FloatKernels { FloatKernels(try .current()) }

  /// Tells the user how far batch statistics are made.
  static func freezing() -> (_ done: Int, _ total: Int) -> Void {
    var bar = ProgressLine()
    return { done, total in
      bar.show("freezing batch statistics", done, of: total)
      if done < total { return }
      bar.finish()
      bar = ProgressLine()
    }
  }

  func validate() throws {
    if let threads, !(1...1024).contains(threads) { throw ValidationError("--threads takes a number from 1 to 1024") }
  }
}

extension ImageSource {
  /// Opens a generator, and tells the user when it computes batch statistics, and what it takes for granted of a foreign file.
  init(path: String, compute: ComputeOptions) throws(FileError) {
    try self.init(path: path, workers: compute.workers, freezing: ComputeOptions.freezing())
    for note in notes { tell("\(FileError.printable(path)): \(FileError.printable(note))") }
  }
}

/// The threads of this process: a command has one option that counts them.
private enum Team {
  private static let members = Mutex<Workers?>(nil)

  static func workers(_ count: Int, _ evenBeyondProcessors: Bool) -> Workers {
    members.withLock {
      let workers = $0 ?? Workers(count: count, evenBeyondProcessors: evenBeyondProcessors)
      $0 = workers
      return workers
    }
  }
}
