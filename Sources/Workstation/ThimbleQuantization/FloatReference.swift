import Thimble
import ThimbleNetworks
import ThimbleThreads

/// The frozen f32 network that the integers are measured against.
final class FloatReference {
  let network: Network
  private let statistics: FrozenStatistics
  let latentLength: Int

  init(_ generator: PlainGenerator, workers: Workers, kernels: FloatKernels) {
    network = generator.frozenNetwork(capacity: 128, workers: workers, kernels: kernels)
    statistics = generator.statistics
    latentLength = generator.latentLength
  }

  /// Images f32 [count][height][width][channels] of Q3.12 latents.
  /// - Parameters:
  ///   - frozen: true for the frozen statistics, false for those of each minibatch of 128.
  ///   - inspect: called with the number of the first image and how many there are, after each minibatch.
  func images(_ latents: [Int16], frozen: Bool = true, inspect: ((Int, Int) -> Void)? = nil) -> [Float] {
    let rows = latents.map(Q3x12.value)
    let count = latents.count / latentLength
    var images: [Float] = []
    images.reserveCapacity(count * network.outputCount)
    if frozen { network.setStatistics(statistics) }
    unsafe rows.withUnsafeBufferPointer { rows in
      for first in stride(from: 0, to: count, by: network.capacity) {
        let batch = min(network.capacity, count - first)
        unsafe network.forward(rows.baseAddress! + first * latentLength, images: batch, frozen: frozen)
        unsafe images += UnsafeBufferPointer(start: network.output, count: batch * network.outputCount)
        inspect?(first, batch)
      }
    }
    return images
  }
}

/// Latents of many seeds or streams in one array: [count][drawn numbers and classes].
enum LatentRows {
  /// Streams 0 ..< count of seed 0 in a domain of their own.
  static func streams(_ count: Int, _ source: LatentSource, _ domain: Philox.Domain) -> [Int16] {
    rows(count, source) { row, i in source.fill(&row, seed: 0, stream: UInt64(i), domain: domain) }
  }

  /// The latents of seeds 0 ..< count.
  static func seeds(_ count: Int, _ source: LatentSource) -> [Int16] {
    rows(count, source) { row, i in source.fill(&row, seed: UInt64(i)) }
  }

  private static func rows(
    _ count: Int, _ source: LatentSource, _ fill: (inout MutableSpan<Int16>, Int) -> Void
  ) -> [Int16] {
    var rows: [Int16] = []
    var row = [Int16](repeating: 0, count: source.count)
    for i in 0..<count {
      var span = row.mutableSpan
      fill(&span, i)
      rows += row
    }
    return rows
  }
}
