import ThimbleStatistics
import Testing
import ThimbleData
import ThimbleNetworks
import ThimbleStorage
import ThimbleThreads

import ThimbleStudies

/// K-means features against their definition, patch by patch in f64.
@Suite struct PatchTests {
  private let side = 13
  private let channels = 3
  private let count = 24

  private func set(_ scratch: Scratch) throws -> [UInt8] {
    var numbers = Numbers(state: 11)
    // Neighbours are alike, as in pictures.
    var pixels: [UInt8] = []
    for _ in 0..<60 {
      let wave = (0..<3).map { _ in (numbers.next(), numbers.next(), numbers.next() * 200) }
      for i in 0..<(side * side * channels) {
        let (y, x, c) = (Double(i / channels / side), Double(i / channels % side), i % channels)
        let turn = wave[c].0 * y * 30 + wave[c].1 * x * 30 + wave[c].2
        pixels.append(UInt8(abs(turn.truncatingRemainder(dividingBy: 400) - 200) + numbers.next() * 50))
      }
    }
    return pixels
  }

  @Test func featuresAreTheDefinition() throws {
    let scratch = Scratch()
    let pixels = try set(scratch)
    let data = try packed(scratch, "set", pixels, side: side, channels: channels)
    let (workers, kernels) = (Workers(count: 2), FloatKernels(.detected))
    let dictionary = PatchDictionary(
      data, centroids: count, patches: 3000, rounds: 3, workers: workers, kernels: kernels)
    let extractor = PatchFeatures(dictionary, side: side, channels: channels, workers: workers, kernels: kernels)
    let found = extractor.features(count: 10) { data.image($0 + 20) }
    #expect(found.count == 10 * 4 * count && extractor.length == 4 * count)
    let (d, places) = (dictionary.length, side - 5)
    for n in 0..<10 {
      let image = pixels[((20 + n) * side * side * channels)...].prefix(side * side * channels).map { Double($0) }
      var wanted = [Double](repeating: 0, count: 4 * count)
      for y in 0..<places {
        for x in 0..<places {
          let patch = (0..<d).map { i in
            let (row, column, c) = (i / channels / 6, i / channels % 6, i % channels)
            return image[((y + row) * side + x + column) * channels + c]
          }
          let white = whitened(patch, dictionary)
          let distances = (0..<count).map { k in
            (0..<d).reduce(0.0) {
              let difference = white[$1] - Double(dictionary.centroids[k * d + $1])
              return $0 + difference * difference
            }.squareRoot()
          }
          let mean = distances.reduce(0, +) / Double(count)
          let quarter = (2 * y >= places ? 2 : 0) + (2 * x >= places ? 1 : 0)
          for k in 0..<count { wanted[quarter * count + k] += max(0, mean - distances[k]) }
        }
      }
      for i in wanted.indices {
        #expect(abs(Double(found[n * 4 * count + i]) - wanted[i]) < 1e-3 * max(1, wanted[i]))
      }
    }
    let again = PatchDictionary(
      data, centroids: count, patches: 3000, rounds: 3, workers: Workers(count: 1), kernels: FloatKernels(.portable))
    #expect(again.centroids == dictionary.centroids)
  }

  private func whitened(_ patch: [Double], _ dictionary: PatchDictionary) -> [Double] {
    let d = patch.count
    let mean = patch.reduce(0, +) / Double(d)
    let variance = patch.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(d)
    let normal = patch.indices.map { (patch[$0] - mean) / (variance + 10).squareRoot() - Double(dictionary.mean[$0]) }
    return (0..<d).map { row in (0..<d).reduce(0) { $0 + Double(dictionary.whitening[row * d + $1]) * normal[$1] } }
  }

  /// W (C + 0.1 I) transposed W = I for the covariance C of all patches there are, which 60,000 draws come near to. Catches: a wrong
  /// inverse, a covariance of other numbers, a floor left out.
  @Test func whiteningTakesTheCovarianceAway() throws {
    let scratch = Scratch()
    let pixels = try set(scratch)
    let data = try packed(scratch, "set", pixels, side: side, channels: channels)
    let dictionary = PatchDictionary(
      data, centroids: 1, patches: 60_000, rounds: 0, workers: Workers(count: 2), kernels: FloatKernels(.detected))
    let (d, row) = (dictionary.length, side * channels)
    var whites: [[Double]] = []
    for n in 0..<60 {
      for y in 0..<(side - 5) {
        for x in 0..<(side - 5) {
          let first = n * side * row + y * row + x * channels
          whites.append(
            whitened(
              (0..<d).map { Double(pixels[first + $0 / (6 * channels) * row + $0 % (6 * channels)]) }, dictionary))
        }
      }
    }
    let mean = (0..<d).map { i in whites.reduce(0) { $0 + $1[i] } / Double(whites.count) }
    var worst = 0.0
    for i in 0..<d {
      for j in 0...i {
        // C is met whitened already: W C transposed W + 0.1 W transposed W.
        let covariance = whites.reduce(0) { $0 + ($1[i] - mean[i]) * ($1[j] - mean[j]) } / Double(whites.count)
        let floor = (0..<d).reduce(0.0) {
          $0 + Double(dictionary.whitening[i * d + $1]) * Double(dictionary.whitening[j * d + $1])
        }
        worst = max(worst, abs(covariance + 0.1 * floor - (i == j ? 1 : 0)))
      }
    }
    #expect(worst < 0.05, "\(worst)")
  }

  /// Flat patches are all one. Catches: centroids that are copies of another, and take up the room of real ones.
  @Test func centroidsDiffer() throws {
    let scratch = Scratch()
    var pixels = try set(scratch)
    for i in pixels.indices where i / (side * side * channels) % 3 > 0 { pixels[i] = 7 }
    let data = try packed(scratch, "set", pixels, side: side, channels: channels)
    func dictionary(_ data: Dataset, patches: Int) -> PatchDictionary {
      PatchDictionary(
        data, centroids: count, patches: patches, rounds: 0, workers: Workers(count: 2),
        kernels: FloatKernels(.detected))
    }
    let found = dictionary(data, patches: 3000)
    let rows = (0..<found.count).map { Array(found.centroids[($0 * found.length)..<(($0 + 1) * found.length)]) }
    #expect(found.count == count && Set(rows).count == count)
    let flat = try packed(
      scratch, "flat", [UInt8](repeating: 9, count: 4 * side * side * channels), side: side, channels: channels)
    #expect(dictionary(flat, patches: 100).count == 1)
  }

  /// Catches: rounds that leave centroids where they began, or clusters that take one another's patches.
  @Test func centroidsComeNearerToPatches() throws {
    let scratch = Scratch()
    let data = try packed(scratch, "set", try set(scratch), side: side, channels: channels)
    func spread(rounds: Int) -> Float {
      let (workers, kernels) = (Workers(count: 2), FloatKernels(.detected))
      let dictionary = PatchDictionary(
        data, centroids: count, patches: 3000, rounds: rounds, workers: workers, kernels: kernels)
      let extractor = PatchFeatures(dictionary, side: side, channels: channels, workers: workers, kernels: kernels)
      return extractor.features(count: 60, image: data.image).reduce(0, +)
    }
    // Centroids amid clusters stand out from the mean distance more than single patches do.
    #expect(spread(rounds: 8) > 1.2 * spread(rounds: 0), "\(spread(rounds: 8)) \(spread(rounds: 0))")
  }

  /// Catches: centroids that only the allocation would refuse; images without room for two patches.
  @Test func whatMemoryDoesNotHoldIsRefused() throws {
    let scratch = Scratch()
    let data = try packed(scratch, "set", try set(scratch), side: side, channels: channels)
    // Eight images' maps in f32, at most half of memory.
    let (places, centroids) = (side - 5, 90_000)
    let limit = MemoryLimit(
      byteCount: UInt64(2 * 4 * 8 * places * places * (36 * channels + centroids)), source: "a test allows")
    try PatchFeatures.check(data, centroids: centroids, memory: limit)
    let found = #expect(throws: FileError.self) {
      try PatchFeatures.check(data, centroids: centroids + 1, memory: limit)
    }
    // The patches themselves.
    let small = MemoryLimit(byteCount: UInt64(2 * 4 * 400_000 * 36 * channels) - 1, source: "a test allows")
    #expect(throws: FileError.self) { try PatchFeatures.check(data, centroids: 2, memory: small) }
    #expect(found?.field == "memory" && found?.wanted.contains("a test allows") == true)
    let narrow = try packed(
      scratch, "narrow", [UInt8](repeating: 9, count: 11 * 11 * channels), side: 11, channels: channels)
    #expect(throws: FileError.self) { try PatchFeatures.check(narrow, centroids: 2) }
  }
}
