import Testing
import Thimble
import ThimbleStatistics
import ThimbleNetworks
import ThimbleThreads

/// Numbers that look random and are the same each time (SplitMix64).
private struct Numbers {
  var state: UInt64 = 1

  mutating func next() -> Float {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return Float((z ^ (z >> 31)) >> 40) / Float(1 << 24)
  }
}

@Suite struct MeasureTests {
  private let workers = Workers(count: 2)

  private func rows(_ count: Int, _ length: Int, seed: UInt64, scales: [Float]? = nil, shift: Float = 0) -> [Float] {
    var numbers = Numbers(state: seed)
    return (0..<(count * length)).map { (numbers.next() - 0.5) * (scales?[$0 % length] ?? 1) + shift }
  }

  /// Catches: a distance of equal distributions that is not 0, or a shift that does not count with its square.
  @Test func shifted() {
    let first = rows(300, 12, seed: 1)
    let moments = FeatureMoments(first, length: 12)
    #expect(moments.squaredFrechetDistance(to: moments) < 1e-12)
    let moved = FeatureMoments(first.map { $0 + 0.5 }, length: 12)
    #expect(abs(moments.squaredFrechetDistance(to: moved) - 12 * 0.25) < 1e-5)
  }

  /// Scaling all features by s makes the second covariance s^2 times the first, and the distance (s - 1)^2 tr C + |(s - 1) m|^2.
  /// Catches: a wrong square root of the product of covariances.
  @Test(arguments: [Float(0.5), 2, 3]) func scaled(by scale: Float) {
    let first = rows(400, 20, seed: 2, scales: (0..<20).map { Float(1 + $0) / 7 })
    let (a, b) = (FeatureMoments(first, length: 20), FeatureMoments(first.map { $0 * scale }, length: 20))
    let trace = (0..<20).reduce(0.0) { $0 + a.covariance[$1 * 21] }
    let square = Double((scale - 1) * (scale - 1))
    let wanted = square * (trace + a.mean.reduce(0) { $0 + $1 * $1 })
    #expect(abs(a.squaredFrechetDistance(to: b) - wanted) < 1e-5 * wanted)
    #expect(abs(b.squaredFrechetDistance(to: a) - wanted) < 1e-5 * wanted)
  }

  /// Two covariances that do not commute, against the closed form for 2 x 2: tr (AB)^(1/2) = (tr AB + 2 det(AB)^(1/2))^(1/2).
  @Test func notCommuting() {
    func mix(_ rows: [Float], _ m: (Float, Float, Float, Float)) -> [Float] {
      stride(from: 0, to: rows.count, by: 2).flatMap { (at: Int) -> [Float] in
        let (x, y) = (rows[at], rows[at + 1])
        return [m.0 * x + m.1 * y, m.2 * x + m.3 * y]
      }
    }
    let a = FeatureMoments(mix(rows(500, 2, seed: 3), (1, 2, 0, 1)), length: 2)
    let b = FeatureMoments(mix(rows(500, 2, seed: 4), (3, 0, -1, 1)), length: 2)
    let (p, q) = (a.covariance, b.covariance)
    let trace: Double = p[0] * q[0] + p[1] * q[2] + p[2] * q[1] + p[3] * q[3]
    let (detP, detQ): (Double, Double) = (p[0] * p[3] - p[1] * p[2], q[0] * q[3] - q[1] * q[2])
    let (dx, dy): (Double, Double) = (a.mean[0] - b.mean[0], a.mean[1] - b.mean[1])
    let traces: Double = p[0] + p[3] + q[0] + q[3]
    let root: Double = (trace + 2 * (detP * detQ).squareRoot()).squareRoot()
    let wanted = dx * dx + dy * dy + traces - 2 * root
    #expect(abs(a.squaredFrechetDistance(to: b) - wanted) < 1e-9)
  }

  /// Catches: sums that round, so that of two images the one that is nearer by one step of one pixel loses.
  @Test func distancesOfBytesAreExact() {
    let length = 3 * 64 * 64 + 5
    let rows = [Float](repeating: 255, count: length - 1) + [2] + [Float](repeating: 255, count: length - 1) + [1]
    let query = [Float](repeating: 0, count: length - 1) + [1]
    let found = NearestNeighbours.nearest(query, among: rows, length: length, workers: workers)
    #expect(found == [.init(index: 1, squaredDistance: Double((length - 1) * 255 * 255))])
  }

  /// Catches: neighbours found wrongly, or an image that is its own neighbour.
  @Test func neighbours() {
    let set = rows(200, 19, seed: 5)
    let planted = Array(set[(19 * 7)..<(19 * 8)])
    let found = NearestNeighbours.nearest(planted, among: set, length: 19, workers: workers)
    #expect(found == [.init(index: 7, squaredDistance: 0)])
    let others = NearestNeighbours.nearest(planted, among: set, length: 19, excluding: [7], workers: workers)
    let wanted = (0..<200).filter { $0 != 7 }.min { a, b in
      func distance(_ n: Int) -> Double {
        var sum = 0.0
        for i in 0..<19 {
          let difference = Double(set[n * 19 + i] - planted[i])
          sum += difference * difference
        }
        return sum
      }
      return distance(a) < distance(b)
    }
    #expect(others[0].index == wanted && others[0].squaredDistance > 0)
  }

  /// Catches: a test that does not tell different sets apart, that tells like ones apart, or that takes copies for new images.
  @Test func twoSamples() {
    let real = rows(400, 8, seed: 6)
    func accuracy(_ other: [Float]) -> Share {
      NearestNeighbours.twoSampleAccuracy(real, other, length: 8, workers: workers).all
    }
    let alike = accuracy(rows(400, 8, seed: 7))
    #expect(alike.low < 0.5 && alike.high > 0.5, "\(alike)")
    #expect(accuracy(rows(400, 8, seed: 8, shift: 5)).value == 1)
    #expect(accuracy(real).value == 0)
  }

  /// Wilson's interval of 8 in 10: 0.490 to 0.943.
  @Test func interval() {
    let share = Share(8, of: 10)
    #expect(share.value == 0.8 && abs(share.low - 0.4901) < 1e-3 && abs(share.high - 0.9433) < 1e-3)
  }

  /// Catches: features that depend on the instruction set or the minibatch, or do not see a change of the image.
  @Test(arguments: [(16, 3), (28, 1), (64, 3)]) func features(side: Int, channels: Int) {
    var numbers = Numbers()
    let size = side * side * channels
    var pixels = (0..<(70 * size)).map { _ in UInt8(numbers.next() * 255) }
    func features(_ set: InstructionSet, _ pixels: [UInt8]) -> [Float] {
      RandomFeatures(side: side, channels: channels, workers: workers, kernels: FloatKernels(set)).features(pixels)
    }
    let found = features(.detected, pixels)
    #expect(found.count == 70 * 256 && found.allSatisfy { $0.isFinite })
    #expect(Array(found.suffix(256)) == features(.portable, Array(pixels.suffix(size))))
    pixels[69 * size + size / 2] ^= 128
    #expect(found.suffix(256) != features(.detected, Array(pixels.suffix(size))).suffix(256))
  }
}
