/// What the latents of a generator are: numbers that are drawn and, behind them, where the generator knows classes, the class: 1 for
/// it, 0 for the others.
public struct LatentSource: Equatable, Sendable {
  /// How the drawn numbers are distributed.
  public var distribution: LatentDistribution
  /// Numbers that are drawn.
  public var length: Int
  /// Classes; 0 for a generator that knows none.
  public var classes: Int

  /// A source of latents of `length + classes` numbers.
  public init(length: Int, distribution: LatentDistribution, classes: Int = 0) {
    (self.length, self.distribution, self.classes) = (length, distribution, classes)
  }

  /// Numbers of a latent.
  public var count: Int { length + classes }

  /// Fills the first `count` elements, in Q3.12, with the latent of a seed.
  ///
  /// - Parameters:
  ///   - elements: room for at least `count` numbers.
  ///   - seed: any number.
  ///   - chosen: the class, below `classes`; unless told, the seed modulo the classes.
  @export(interface)
  public func fill(_ elements: inout MutableSpan<Int16>, seed: UInt64, class chosen: Int? = nil) {
    fill(&elements, seed: seed, stream: 0, domain: .latents, class: chosen)
  }

  /// Fills the first `count` elements, in Q3.12, with the latent of a stream of a seed.
  ///
  /// - Parameter chosen: the class, below `classes`; unless told, the seed, or outside of `latents` the stream, modulo the classes.
  package func fill(
    _ elements: inout MutableSpan<Int16>, seed: UInt64, stream: UInt64, domain: Philox.Domain,
    class chosen: Int? = nil
  ) {
    distribution.fill(&elements, count: length, seed: seed, stream: stream, domain: domain)
    if classes == 0 { return }
    let chosen = chosen ?? Int((domain == .latents ? seed : stream) % UInt64(classes))
    for c in 0..<classes { elements[length + c] = c == chosen ? Q3x12.one : 0 }
  }
}
