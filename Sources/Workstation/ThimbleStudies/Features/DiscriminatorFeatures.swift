import ThimbleStatistics
import Thimble
import ThimbleData
import ThimbleNetworks
import ThimbleStorage
import ThimbleThreads

/// The convolutional features of a discriminator (paper, section 5.1): of all layers, after their activation, each map max-pooled to a
/// 4x4 grid, flattened as [layer][channel][row][column].
///
/// Batch normalisation is frozen: its mean and its variance are each the mean over minibatches of a set, as in the authors' code; of
/// at most 128 images, as equal as may be, all of the set, mixed (Philox, seed 0, domain `shuffling`): in a set that is sorted by
/// class, each minibatch would know one class only.
package struct DiscriminatorFeatures: FeatureExtractor {
  /// Sides of the grid, in cells.
  package static let grid = 4
  private static let statisticsBatch = 128

  package let length: Int
  package let digest: String
  package let summary: String
  private let network: Network
  private let maps: [(layer: Int, side: Int, channels: Int)]
  private let replicated: Bool
  /// What each byte is to the network.
  private let scaled: [Float]

  /// - Parameters:
  ///   - random: initial weights of the recipe's kind instead of the trained ones.
  ///   - statistics: images of the network's size that the statistics are averaged over.
  package init(
    _ stored: StoredDiscriminator, random: Bool, statistics set: Dataset, workers: Workers, kernels: FloatKernels,
    progress: (Int, Int) -> Void = { _, _ in }
  ) throws(FileError) {
    let batch = min(Self.statisticsBatch, set.count)
    let network = try stored.network(
      capacity: batch, random: random, trained: false, workers: workers, kernels: kernels)
    self.network = network
    // Dense hidden layers know no place.
    maps = network.layers.indices.filter { network.layers[$0].kind.convolution != nil }.map { index in
      let kind = network.layers[index].kind
      return (index, kind.outputSide, kind.outputChannels)
    }
    length = maps.reduce(0) { $0 + min($1.side, Self.grid) * min($1.side, Self.grid) * $1.channels }
    // Grey images have the same number in all three colours.
    let replicated = set.channels == 1 && stored.recipe.channels == 3
    self.replicated = replicated
    let scaled = stored.recipe.scaledBytes
    self.scaled = scaled
    let batches = (set.count + batch - 1) / batch
    let order = LabelledDraws.shuffled(Array(0..<set.count), 0, .max, first: set.count)
    let statistics = network.averageStatistics(batches: batches, of: .variances) { index in
      let (first, end) = (index * set.count / batches, (index + 1) * set.count / batches)
      let input = unsafe Self.input(end - first, scaled, replicated) { n in unsafe set.image(order[first + n]) }
      unsafe network.forward(input, images: end - first)
      progress(index + 1, batches)
    }
    network.setStatistics(statistics)
    let parameters = unsafe Array(UnsafeBufferPointer(start: network.parameterValues, count: network.parameterCount))
    digest = FeatureDigest.of(
      "discriminator \(stored.recipe.json)", [parameters] + statistics.layers.flatMap { [$0.mean, $0.variance] })
    summary =
      (random ? "discriminator of random weights" : "discriminator") + ", maps of "
      + maps.map { "\($0.side)x\($0.side)x\($0.channels)" }.joined(separator: " ")
  }

  /// Refuses a set that is not of the network's size.
  package static func check(_ stored: StoredDiscriminator, _ set: Dataset) throws(FileError) {
    try stored.checkUnconditional()
    let recipe = stored.recipe
    guard set.height == recipe.size, set.width == recipe.size, set.channels <= recipe.channels else {
      throw FileError(
        .badData, file: set.path, field: "images", found: set.shapeText,
        wanted:
          "\(recipe.size)x\(recipe.size), \(recipe.channels == 1 ? "grey" : "grey or colour"), the discriminator's input",
        advice: "Pack the images with --size \(recipe.size)\(recipe.channels == 1 ? " --grey" : "").")
    }
  }

  /// f32 [count][side][side][channels], each byte as `scaled` has it.
  private static func input(
    _ count: Int, _ scaled: [Float], _ replicated: Bool, image: (Int) -> UnsafeRawBufferPointer
  ) -> [Float] {
    var input: [Float] = []
    for n in 0..<count {
      let pixels = unsafe image(n)
      for i in 0..<pixels.count {
        let value = unsafe scaled[Int(pixels[i])]
        input.append(value)
        if replicated { input += [value, value] }
      }
    }
    return input
  }

  package func features(count: Int, image: (Int) -> UnsafeRawBufferPointer) -> [Float] {
    var result: [Float] = []
    result.reserveCapacity(count * length)
    for first in stride(from: 0, to: count, by: network.capacity) {
      let images = min(network.capacity, count - first)
      unsafe network.forward(
        Self.input(images, scaled, replicated) { unsafe image(first + $0) }, images: images, frozen: true)
      for n in 0..<images {
        for map in maps {
          let values = unsafe network.output(ofLayer: map.layer) + n * map.side * map.side * map.channels
          unsafe Self.pool(values, side: map.side, channels: map.channels, into: &result)
        }
      }
    }
    return result
  }

  /// Appends the largest number of each cell, [channel][row][column]. Where the side is no multiple of the grid's, cells share rows:
  /// cell i has the rows from floor(i s / 4) to ceil((i + 1) s / 4). A smaller map is taken as it is.
  package static func pool(_ map: UnsafePointer<Float>, side: Int, channels: Int, into result: inout [Float]) {
    let cells = min(side, grid)
    func range(_ cell: Int) -> Range<Int> { (cell * side / cells)..<(((cell + 1) * side + cells - 1) / cells) }
    let begin = result.count
    result.append(contentsOf: repeatElement(-.infinity, count: channels * cells * cells))
    unsafe result.withUnsafeMutableBufferPointer { result in
      for row in 0..<cells {
        for column in 0..<cells {
          for y in range(row) {
            for x in range(column) {
              let values = unsafe map + (y * side + x) * channels
              for c in 0..<channels {
                let place = begin + (c * cells + row) * cells + column
                unsafe result[place] = max(result[place], values[c])
              }
            }
          }
        }
      }
    }
  }
}
