import Testing
import ThimbleStatistics

/// Distances of images against sums in f64, pair by pair.
@Suite struct DiversityTests {
  /// Catches: a wrong pair, norm or mean. Lengths beyond a block's (65,536) and the greatest differences are among them.
  @Test(arguments: [(2, 1), (3, 7), (5, 784), (4, 65_537), (3, 140_000)]) func distances(count: Int, size: Int) throws {
    var pixels = (0..<(count * size)).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 7) }
    for i in 0..<size { (pixels[i], pixels[size + i]) = (0, 255) }
    var rows = [[Double]](repeating: [], count: count)
    for i in 0..<count {
      for j in 0..<count where j != i {
        let squares = (0..<size).map { x in
          let d = Double(pixels[i * size + x]) - Double(pixels[j * size + x])
          return d * d
        }
        rows[i].append((squares.reduce(0, +) / Double(size)).squareRoot())
      }
    }
    let spread = rows.flatMap { $0 }.reduce(0, +) / Double(count * (count - 1))
    let nearest = rows.map { $0.min()! }.reduce(0, +) / Double(count)
    let found = try #require(Diversity(pixels, count: count, imageByteCount: size))
    #expect(abs(found.spread - spread) < 1e-9 * spread && abs(found.nearest - nearest) < 1e-9 * nearest)
  }

  /// Catches: two pictures again and again that pass for diverse.
  @Test func fewPictures() throws {
    let two = (0..<64).flatMap { [UInt8](repeating: $0 % 2 == 0 ? 0 : 200, count: 100) }
    let found = try #require(Diversity(two, count: 64, imageByteCount: 100))
    #expect(found.spread > 100 && found.nearest == 0)
    #expect(Diversity([1, 2, 3], count: 1, imageByteCount: 3) == nil)
    #expect(found.relative(to: Diversity(spread: 0, nearest: 0)) == nil)
    let half = try #require(found.relative(to: Diversity(spread: 2 * found.spread, nearest: 1)))
    #expect(half == Diversity(spread: 0.5, nearest: 0))
  }
}
