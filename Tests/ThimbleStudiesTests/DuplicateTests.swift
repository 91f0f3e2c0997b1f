import Testing
import ThimbleStatistics
import ThimbleNetworks
import ThimbleStudies
import ThimbleThreads

/// Images of a few random waves each: unlike each other, smooth as pictures are.
struct Waves {
  let side: Int
  private var state: UInt64

  init(side: Int, seed: UInt64 = 1) { (self.side, state) = (side, seed) }

  private mutating func next() -> Float {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Float(state >> 40) / Float(1 << 24)
  }

  /// Numbers in [-1, 1], [side][side].
  mutating func image() -> [Float] {
    let waves = (0..<3).map { _ in (x: 6 * next() / Float(side), y: 6 * next() / Float(side), at: 6 * next()) }
    return (0..<(side * side)).map { i in
      waves.reduce(Float(0)) { sum, wave in
        let turn = wave.x * Float(i % side) + wave.y * Float(i / side) + wave.at
        return sum + abs(turn - 2 * (turn / 2).rounded()) * 2 / 3 - 1 / 3
      }
    }
  }
}

@Suite struct DuplicateTests {
  private let workers = Workers(count: 2)
  private let side = 16

  /// 300 images, of which the last two repeat numbers 5 and 17, the second one a little brighter.
  private func planted() -> [Float] {
    var waves = Waves(side: side)
    let images = (0..<298).map { _ in waves.image() }
    return images.flatMap { $0 } + images[5] + images[17].map { $0 * 0.999 }
  }

  /// Catches: an autoencoder that is not trained, or on one image again and again; hashes that all images share, or none.
  @Test func hashesFindPlantedDuplicates() {
    let rows = planted()
    func hash(_ kernels: FloatKernels, _ threads: Int) -> SemanticHash {
      SemanticHash(rows, length: side * side, steps: 200, workers: Workers(count: threads), kernels: kernels)
    }
    let found = hash(FloatKernels(.detected), 2)
    let untrained = SemanticHash(
      rows, length: side * side, steps: 1, workers: workers, kernels: FloatKernels(.detected))
    // One image learnt by heart would leave nothing, noise everything.
    #expect(found.lastLoss < untrained.lastLoss / 2 && found.lastLoss > untrained.lastLoss / 100)
    let pairs = found.duplicates(radius: 4)
    #expect(pairs.contains { $0 == (5, 298) } && pairs.contains { $0 == (17, 299) }, "\(pairs)")
    #expect(pairs.count < 10, "\(pairs)")
    #expect(found.duplicates(radius: 0).contains { $0 == (5, 298) })
    #expect(hash(FloatKernels(.portable), 1).hashes == found.hashes)
  }

  /// Catches: a planted copy of a training image that is not found, or a distance that ordinary samples have as well.
  @Test func memorisationFindsAPlantedCopy() {
    var waves = Waves(side: side, seed: 3)
    let length = side * side
    let set = (0..<400).flatMap { _ in waves.image() }
    let fresh = (0..<199).flatMap { _ in waves.image() }
    let samples = fresh + set[(123 * length)..<(124 * length)]
    let own = Memorisation.ownDistances(set, count: 400, length: length, workers: workers)
    #expect(own.count == 400 && own.allSatisfy { $0 > 0 })
    let study = Memorisation(Array(samples), set, own: own, length: length, workers: workers)
    #expect(study.nearest[199] == .init(index: 123, squaredDistance: 0) && study.exact == 1)
    #expect(study.ratio > 0.8 && study.ratio < 1.25, "\(study.ratio)")
    let copies = Memorisation(Array(set.prefix(100 * length)), set, own: own, length: length, workers: workers)
    #expect(copies.exact == 100 && copies.closer.low > 0.9 && copies.ratio == 0)
  }

  /// 64 pixels a side become 32 by means of four. Catches: another order of rows, or bytes that are not scaled.
  @Test func smallImages() {
    let image: [UInt8] = (0..<4096).map { (i: Int) -> UInt8 in UInt8(i / 64 * 2 + i % 2) }
    let rows = image.withUnsafeBytes { bytes in
      SmallImages.rows(count: 1, side: 64, channels: 1) { _ in bytes }
    }
    #expect(rows.count == 1024 && SmallImages.length(side: 64, channels: 1) == 1024)
    #expect(abs((rows[33] + 1) * 127.5 - 5.5) < 1e-4, "\(rows[33])")
  }
}
