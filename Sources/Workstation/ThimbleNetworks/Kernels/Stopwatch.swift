/// The parts of a training step that are timed apart.
package enum Pass: String, Sendable, CaseIterable {
  case forward, inputGradient, weightGradient, normalization, normalizationGradient, pack, update
}

/// What the parts of training steps cost: given to a `ComputeContext`, it takes the time of each layer's passes.
package final class Stopwatch {
  package struct Part: Hashable, Sendable {
    package var layer: String
    package var pass: Pass

    package init(layer: String, pass: Pass) {
      self.layer = layer
      self.pass = pass
    }
  }

  package struct Cost: Sendable {
    package var seconds = 0.0
    package var images = 0
  }

  package private(set) var costs: [Part: Cost] = [:]

  /// Whether time is taken.
  package var isRunning = true

  package init() {}

  fileprivate func add(_ part: Part, _ seconds: Double, _ images: Int) {
    costs[part, default: Cost()].seconds += seconds
    costs[part, default: Cost()].images += images
  }
}

extension ComputeContext {
  /// Runs `body`, and takes its time if there is a stopwatch.
  func timed(_ layer: String, _ pass: Pass, images: Int, _ body: () -> Void) {
    guard let stopwatch, stopwatch.isRunning else { return body() }
    let start = ContinuousClock.now
    body()
    stopwatch.add(Stopwatch.Part(layer: layer, pass: pass), (ContinuousClock.now - start) / .seconds(1), images)
  }
}
