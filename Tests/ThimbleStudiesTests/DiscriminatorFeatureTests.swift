import ThimbleStatistics
import Testing
import ThimbleNetworks
import ThimbleStorage
import ThimbleThreads

import ThimbleStudies

/// The grid, and what features must not depend on. Their values: Checks/features, against NumPy.
@Suite struct DiscriminatorFeatureTests {
  /// Catches: cells that leave out a row, or have one twice where the side is a multiple; rows and columns, or channels, exchanged.
  @Test(arguments: [1, 3, 4, 7, 8, 14]) func poolIsTheLargestOfEachCell(side: Int) {
    let (channels, cells) = (3, min(side, 4))
    var numbers = Numbers(state: UInt64(side))
    let map = (0..<(side * side * channels)).map { _ in Float(numbers.next() * 2 - 1) }
    var found: [Float] = [7]
    DiscriminatorFeatures.pool(map, side: side, channels: channels, into: &found)
    var wanted: [Float] = [7]
    for c in 0..<channels {
      for row in 0..<cells {
        for column in 0..<cells {
          // A position belongs to a cell when its square meets the cell's.
          let inside = (0..<(side * side)).filter { at in
            let (y, x) = (at / side, at % side)
            return y * cells < (row + 1) * side && (y + 1) * cells > row * side && x * cells < (column + 1) * side
              && (x + 1) * cells > column * side
          }
          wanted.append(inside.map { map[$0 * channels + c] }.max()!)
        }
      }
    }
    #expect(found == wanted)
  }

  /// Catches: statistics of the minibatch at hand instead of frozen ones; grey images that are not those of three equal colours;
  /// random weights that are the trained ones; digests that do not tell networks or statistics apart.
  @Test func featuresAreOfTheImageAlone() throws {
    let scratch = Scratch()
    var numbers = Numbers(state: 5)
    let grey = numbers.bytes(40 * 256)
    let set = try packed(scratch, "colour", grey.flatMap { [$0, $0, $0] }, side: 16, channels: 3)
    let greySet = try packed(scratch, "grey", grey, side: 16, channels: 1)
    let other = try packed(scratch, "other", numbers.bytes(40 * 768), side: 16, channels: 3)
    let stored = try StoredDiscriminator(path: try discriminator(scratch))
    func extractor(
      _ statistics: Int = 0, random: Bool = false, threads: Int = 2
    ) throws -> DiscriminatorFeatures {
      try DiscriminatorFeatures(
        stored, random: random, statistics: [set, greySet, other][statistics], workers: Workers(count: threads),
        kernels: FloatKernels(threads == 1 ? .portable : .detected))
    }
    let features = try extractor()
    #expect(features.length == (6 + 5) * 16)
    let all = features.features(count: 40, image: set.image)
    #expect(features.features(count: 1) { _ in set.image(7) } == Array(all[(7 * 176)..<(8 * 176)]))
    #expect(try extractor(1).features(count: 40, image: greySet.image) == all)
    #expect(try extractor(threads: 1).features(count: 40, image: set.image) == all)
    #expect(try extractor().digest == features.digest)
    for changed in [try extractor(2), try extractor(random: true)] {
      #expect(changed.digest != features.digest)
      #expect(changed.features(count: 1, image: set.image) != Array(all[..<176]))
    }
    let small = try packed(scratch, "small", numbers.bytes(768), side: 8, channels: 3)
    #expect(throws: FileError.self) { try DiscriminatorFeatures.check(stored, small) }
    try DiscriminatorFeatures.check(stored, greySet)
    let memory = #expect(throws: FileError.self) {
      try stored.network(
        capacity: 40, workers: Workers(count: 1), kernels: FloatKernels(.portable),
        memory: MemoryLimit(byteCount: 100_000, source: "a test allows"))
    }
    #expect(memory?.field == "memory" && memory?.file == scratch["discriminator"])
  }

  /// Catches: rows mirrored top to bottom, colours exchanged, a view left out or twice, edges that wrap around; features that could be
  /// taken for plain ones.
  @Test(arguments: [(true, []), (false, [1]), (true, [1, 3])]) func featuresOfViewsAreTheirMean(
    mirrored: Bool, shifts: [Int]
  ) throws {
    let scratch = Scratch()
    var numbers = Numbers(state: 4)
    let set = try packed(scratch, "set", numbers.bytes(3 * 48), side: 4, channels: 3)
    let pixels = PixelFeatures(height: 4, width: 4, channels: 3)
    let views = ViewFeatures(pixels, of: set, mirrored: mirrored, shifts: shifts)
    let (plain, found) = (pixels.features(count: 3, image: set.image), views.features(count: 3, image: set.image))
    func inside(_ n: Int) -> Int { min(max(n, 0), 3) }
    for i in 0..<144 {
      let (image, y, x, c) = (i / 48, i / 12 % 4, i / 3 % 4, i % 3)
      var seen: [Float] = []
      for x in mirrored ? [x, 3 - x] : [x] {
        let places = [(y, x)] + shifts.flatMap { [(y, x + $0), (y, x - $0), (y + $0, x), (y - $0, x)] }
        seen += places.map { plain[((image * 4 + inside($0)) * 4 + inside($1)) * 3 + c] }
      }
      #expect(abs(found[i] - seen.reduce(0, +) / Float(seen.count)) < 1e-5)
    }
    #expect(views.length == 48)
    let other = ViewFeatures(pixels, of: set, mirrored: false, shifts: [2])
    let digests = [pixels.digest, views.digest, other.digest]
    #expect(Set(digests).count == 3)
  }

  /// Catches: minibatches in the set's order, which know one class each where the set is sorted.
  @Test func sortedSetsHaveTheStatisticsOfMixedOnes() throws {
    let scratch = Scratch()
    var numbers = Numbers(state: 8)
    let dark = (0..<256).map { _ in numbers.bytes(768).map { $0 / 8 } }
    let light = (0..<256).map { _ in numbers.bytes(768).map { 255 - $0 / 4 } }
    let stored = try StoredDiscriminator(path: try discriminator(scratch))
    func features(_ name: String, _ images: [[UInt8]]) throws -> [Float] {
      let set = try packed(scratch, name, images.flatMap { $0 }, side: 16, channels: 3)
      let extractor = try DiscriminatorFeatures(
        stored, random: false, statistics: set, workers: Workers(count: 2), kernels: FloatKernels(.detected))
      return extractor.features(count: 1) { _ in dark[0].withUnsafeBytes { $0 } }
    }
    let (sorted, mixed) = (
      try features("sorted", dark + light), try features("mixed", zip(dark, light).flatMap { [$0, $1] })
    )
    let largest = zip(sorted, mixed).map { abs($0 - $1) }.max()! / mixed.map { abs($0) }.max()!
    #expect(largest < 0.02, "\(largest)")
  }

  /// A foreign file, whose shapes alone tell its recipe.
  private func discriminator(_ scratch: Scratch) throws -> String {
    let tensors = [
      ("conv1.weight", [6, 3, 4, 4]), ("conv2.weight", [5, 6, 4, 4]), ("conv2.bn.weight", [5]), ("conv2.bn.bias", [5]),
      ("score.weight", [1, 80]),
    ]
    var numbers = Numbers(state: 3)
    var writer = try SafetensorsWriter(
      path: scratch["discriminator"], metadata: [:],
      entries: tensors.map { SafetensorsWriter.Entry($0.0, .f32, $0.1) })
    for (_, shape) in tensors { try writer.append((0..<shape.reduce(1, *)).map { _ in Float(numbers.next() - 0.5) }) }
    try writer.commit()
    return scratch["discriminator"]
  }
}
