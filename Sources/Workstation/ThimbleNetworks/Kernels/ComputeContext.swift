import ThimbleThreads

/// What a network computes with: its memory, its threads and its kernels.
package struct ComputeContext {
  package let workspace: Workspace
  package let workers: Workers
  package let kernels: FloatKernels
  /// Measures the time of all passes, if wanted.
  let stopwatch: Stopwatch?

  package init(workspace: Workspace, workers: Workers, kernels: FloatKernels, stopwatch: Stopwatch? = nil) {
    self.stopwatch = stopwatch
    self.workspace = workspace
    self.workers = workers
    self.kernels = kernels
  }
}

/// What the bits of a training run depend on beside recipe and data.
package enum Arithmetic {
  /// Raised whenever the order of a sum, a formula or a constant of the f32 arithmetic changes: a checkpoint of another
  /// revision cannot be resumed to the same bytes.
  package static let revision = 1
  /// Images of a minibatch whose sums are made apart and then added in order: the unit that machines could share.
  package static let shardImages = 8
}
