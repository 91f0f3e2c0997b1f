import Testing
import ThimbleStatistics
import ThimbleTraining

/// The signs of failure on numbers made for them.
@Suite struct MonitorTests {
  private var monitor: Monitor { Monitor(generatorParameters: 10_000, discriminatorParameters: 10_000) }

  private func scores(_ step: Int, loss: Float, real: Float, generated: Float) -> StepMetrics {
    var metrics = StepMetrics(step: step)
    metrics.report.discriminatorLoss = loss
    metrics.report.scoreOfReal = real
    metrics.report.scoreOfGenerated = generated
    return metrics
  }

  private func samples(_ step: Int, spread: Double, nearest: Double) -> StepMetrics {
    var metrics = StepMetrics(step: step)
    metrics.diversity = Diversity(spread: spread, nearest: nearest)
    return metrics
  }

  private func gradients(_ step: Int, generator: Double, discriminator: Double) -> StepMetrics {
    var metrics = StepMetrics(step: step)
    (metrics.generatorGradient, metrics.discriminatorGradient) = (generator, discriminator)
    return metrics
  }

  /// Kind and step of what a fresh monitor says of some metrics.
  private func told(_ metrics: [StepMetrics]) -> [String] {
    var monitor = monitor
    let told = metrics.flatMap { monitor.take($0) }
    #expect(told == monitor.warnings)
    return told.map { "\($0.kind.rawValue) \($0.step)" }
  }

  /// Catches: a collapse that is seen too early, too late, twice, or in one of its two measures only.
  @Test func collapse() {
    let shares = [0.05, 0.3, 0.6, 0.3, 0.21, 0.19, 0.1, 0.6, 0.1]
    for nearest in [false, true] {
      let metrics = shares.enumerated().map {
        samples($0 * 10 + 10, spread: nearest ? 1 : $1, nearest: nearest ? $1 : 1)
      }
      #expect(told(metrics) == ["collapse 60"])
    }
    // Never diverse: told late.
    let low = (1...40).map { samples($0 * 100, spread: 0.1, nearest: 0.1) }
    #expect(told(low) == ["collapse 2000"])
    #expect(told((1...40).map { samples($0 * 100, spread: 0.21, nearest: 0.9) }) == [])
  }

  /// Catches: the state that rollbacks go by.
  @Test func collapseState() {
    var monitor = monitor
    let wanted = [(0.1, false, 0), (0.6, false, 2), (0.4, false, 2), (0.1, true, 2), (0.7, false, 5)]
    for (index, (share, isCollapsed, last)) in wanted.enumerated() {
      _ = monitor.take(samples(index + 1, spread: share, nearest: 1))
      #expect(monitor.isCollapsed == isCollapsed && monitor.lastDiverseStep == last)
    }
  }

  /// Catches: saturation by single minibatches, or none where every one says so.
  @Test func saturation() {
    let sure = (1...2000).map { scores($0, loss: 0.012, real: 0.994, generated: 0.006) }
    #expect(told(sure) == ["saturation 500"])
    let doubtful = (1...2000).map { step in
      step % 4 == 0
        ? scores(step, loss: 0.2, real: 0.9, generated: 0.1) : scores(step, loss: 0.01, real: 0.995, generated: 0.005)
    }
    #expect(told(doubtful) == [])
    // One score alone is no sign; a loss near 0 is.
    #expect(told((1...2000).map { scores($0, loss: 0.1, real: 0.999, generated: 0.1) }) == [])
    #expect(told((1...2000).map { scores($0, loss: 0.005, real: 0.5, generated: 0.5) }) == ["saturation 500"])
    // Steps that do not update the discriminator do not count.
    let alternating = (1...2000).map { $0 % 2 == 0 ? StepMetrics(step: $0) : sure[$0 - 1] }
    #expect(told(alternating) == ["saturation 999"])
  }

  /// Catches: gradients that vanish or explode unseen, in either network, and single wild ones that are told.
  @Test func gradientNorms() {
    func run(_ norms: [Double]) -> [String] {
      let generator = norms.enumerated().map { gradients(($0 + 1) * 10, generator: $1, discriminator: 1) }
      let discriminator = norms.enumerated().map { gradients(($0 + 1) * 10, generator: 1, discriminator: $1) }
      #expect(told(generator) == told(discriminator))
      return told(generator)
    }
    let calm = (0..<30).map { 2 + Double($0 % 7) }
    #expect(run(calm) == [])
    // 10,000 parameters: 1e-7 of root mean square is a norm of 1e-5.
    #expect(run(calm + [0.9e-5, 0.9e-5, 0.9e-5, 0]) == ["vanishing 330"])
    #expect(run(calm + [1.1e-5, 1.1e-5, 1.1e-5, 1.1e-5]) == [])
    #expect(run(calm + [0, 0, 1, 0, 0, 1]) == [])
    #expect(run(calm + [600, 600, 600, 600]) == ["explosion 330"])
    #expect(run(calm + [400, 400, 400, 400]) == [])
    #expect(run(calm + [600, 600, 1, 600, .infinity, 1]) == [])
    #expect(run(calm + [.infinity, .infinity, .infinity]) == ["explosion 330"])
    // The first ones are not judged: networks settle.
    #expect(run([1000, 500, 1, 1, 1] + calm) == [])
  }

  /// Catches: a line of metrics that does not say what it was made of; a resumed monitor would stand elsewhere.
  @Test func lines() throws {
    var metrics = scores(7, loss: 0.1, real: 0.7654321, generated: 1.5e-9)
    metrics.pass = 7.0 / 3
    metrics.report.generatorLoss = 1.0000001
    metrics.imagesPerSecond = 123.4
    metrics.generatorGradient = 0.1 + 0.2
    metrics.discriminatorGradient = 5e-324
    metrics.diversity = Diversity(spread: 1.0 / 3, nearest: 2.0 / 3)
    #expect(StepMetrics(line: Substring(metrics.json)) == metrics)
    #expect(StepMetrics(line: Substring(StepMetrics(step: 3).json)) == StepMetrics(step: 3))
    metrics.generatorGradient = .infinity
    #expect(try #require(StepMetrics(line: Substring(metrics.json))).generatorGradient == nil)
    for line in ["", "{", "{\"step\": 1", "[1]", "{\"pass\": 1}"] { #expect(StepMetrics(line: Substring(line)) == nil) }
  }
}
