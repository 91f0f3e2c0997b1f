import Thimble
import ThimbleStorage

/// Times of equal runs, in seconds.
struct Timing {
  private(set) var times: [Double] = []
  private static let most = 200_000

  init() { times.reserveCapacity(1024) }

  mutating func add(_ seconds: Double) { times.append(seconds) }

  /// The middle one; the upper of two.
  var median: Double { times.sorted()[times.count / 2] }
  var least: Double { times.min() ?? 0 }

  /// Times single runs for about `seconds`, at least three, after `warmup` untimed ones.
  static func of(
    seconds: Double, warmup: Int, _ run: () throws(FileError) -> Void
  ) throws(FileError) -> Timing {
    for _ in 0..<warmup { try run() }
    var timing = Timing()
    let end = ProcessClock.now + seconds
    while timing.times.count < 3 || (ProcessClock.now < end && timing.times.count < most) {
      let start = ProcessClock.now
      try run()
      timing.add(ProcessClock.now - start)
    }
    return timing
  }
}

/// One layer in the table: its kind and its cost.
struct LayerCost {
  var record: LayerRecord
  /// Of one run, all images of the batch.
  var seconds: Double
  var checksum: UInt32

  /// Times each layer within whole runs, so that it finds weights and maps where a run leaves them.
  static func all(
    _ generator: BenchedGenerator, _ rows: UnsafeBufferPointer<Float>, seconds: Double, warmup: Int
  ) throws(FileError) -> [LayerCost] {
    var costs = generator.layers.map { LayerCost(record: $0, seconds: 0, checksum: 0) }
    try unsafe generator.runLayers(rows, before: { _ in }) { costs[$0].checksum = generator.checksum(ofLayer: $0) }
    var timings = costs.map { _ in Timing() }
    var start = 0.0
    _ = try Timing.of(seconds: seconds, warmup: warmup) { () throws(FileError) in
      try unsafe generator.runLayers(rows, before: { _ in start = ProcessClock.now }) {
        timings[$0].add(ProcessClock.now - start)
      }
    }
    for index in costs.indices { costs[index].seconds = timings[index].median }
    return costs
  }
}

extension LayerRecord {
  /// Kernel and stride, for tables; `-` in a layer without a kernel.
  var kernelText: String { kernel == 0 ? "-" : "\(kernel)x\(kernel)/\(stride)" }

  /// Bytes that a run at least moves: the weights once, the maps of all images in and out.
  func byteCountMoved(images: Int, isLast: Bool) -> UInt64 {
    let result = isLast ? output.positions * UInt64(output.channels) : output.byteCount
    return weightsByteCount + UInt64(images) * (inputByteCount + result)
  }
}
