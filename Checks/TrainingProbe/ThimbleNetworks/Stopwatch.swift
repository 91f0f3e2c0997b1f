/// As in the package, without a clock.
package enum Pass: Sendable {
  case forward, inputGradient, weightGradient, normalization, normalizationGradient, pack, update
}

/// Never there.
package final class Stopwatch {}

extension ComputeContext {
  func timed(_ layer: String, _ pass: Pass, images: Int, _ body: () -> Void) { body() }
}
