import ThimbleKernelInterface
import ThimbleThreads

/// The gradient of a layer's weights: packs the maps of some shards of the minibatch, then multiplies them out.
///
/// Sums run over the images of a shard and their positions in order; shards are added in order. How many shards are packed at a time,
/// and who computes what, does not show in the result.
package struct WeightGradientPass {
  private let bigPositions: Int
  private let bigChannels: Int
  private let smallPositions: Int
  private let smallChannels: Int
  private let taps: Int
  private let shardImages: Int
  /// Shape: [taps][smallPositions], in floats of the big map; -1 off the map.
  private let offsets: [Int32]
  private let tapsInRow: Int
  private let pairs: [SIMD2<Int32>]
  private let firstPairs: [Int32]
  /// With few channels in the big map, what all taps read at a position is put together: rows of a layer with one tap.
  private let isPatched: Bool

  /// Floats that are packed at a time, if a shard does not need more. With fewer, the gradient itself would pass by more often.
  private let packedCount: Int

  package init(
    bigPositions: Int, bigChannels: Int, smallPositions: Int, smallChannels: Int, offsets: [Int32],
    tapsInRow: Int, shardImages: Int, packedCount: Int = 1 << 21
  ) {
    self.bigPositions = bigPositions
    self.bigChannels = bigChannels
    self.smallPositions = smallPositions
    self.smallChannels = smallChannels
    self.offsets = offsets
    self.tapsInRow = tapsInRow
    self.packedCount = packedCount
    self.shardImages = shardImages
    taps = offsets.count / smallPositions
    isPatched = bigChannels <= 4 && taps > 1
    var pairs: [SIMD2<Int32>] = []
    var firstPairs: [Int32] = [0]
    let width = roundUp(taps * bigChannels, 8)
    for tap in 0..<(isPatched ? 1 : taps) {
      for p in 0..<smallPositions {
        let place = isPatched ? Int32(p * width) : offsets[tap * smallPositions + p] / Int32(bigChannels) * 8
        if isPatched || offsets[tap * smallPositions + p] >= 0 { pairs.append(SIMD2(place, Int32(p * 32))) }
      }
      firstPairs.append(Int32(pairs.count))
    }
    self.pairs = pairs
    self.firstPairs = firstPairs
  }

  /// Floats an image takes, packed.
  private var bigCount: Int {
    isPatched ? smallPositions * roundUp(taps * bigChannels, 8) : bigPositions * roundUp(bigChannels, 8)
  }
  private var smallCount: Int { smallPositions * roundUp(smallChannels, 32) }

  /// Images that are packed at a time: whole shards.
  private var imagesAtATime: Int {
    shardImages * max(1, packedCount / (shardImages * (bigCount + smallCount)))
  }

  /// Number of floats that `run` needs as packing space, for minibatches of this many images.
  package func scratchCount(images: Int) -> Int { min(images, imagesAtATime) * (bigCount + smallCount) }

  /// Adds the gradient.
  /// - Parameters:
  ///   - big, small: [images][positions][channels].
  ///   - gradient: [taps][bigChannels][smallChannels].
  ///   - zeros: at least `bigChannels` of them.
  ///   - bigStride: floats from a position of the big map to the next, if more than its channels.
  package func run(
    big: UnsafePointer<Float>, bigStride: Int? = nil, small: UnsafePointer<Float>, images: Int,
    into gradient: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutablePointer<Float>, zeros: UnsafePointer<Float>, _ workers: Workers, _ kernels: FloatKernels
  ) {
    var first = 0
    while first < images {
      let count = min(imagesAtATime, images - first)
      let packedSmall = unsafe scratch + count * bigCount
      unsafe pack(
        big + first * bigPositions * (bigStride ?? bigChannels), bigStride ?? bigChannels,
        small + first * smallPositions * smallChannels, count, scratch,
        packedSmall, zeros, workers, kernels)
      unsafe multiply(scratch, packedSmall, count, gradient, workers, kernels)
      first += count
    }
  }

  private func pack(
    _ big: UnsafePointer<Float>, _ bigStride: Int, _ small: UnsafePointer<Float>, _ images: Int,
    _ packedBig: UnsafeMutablePointer<Float>,
    _ packedSmall: UnsafeMutablePointer<Float>, _ zeros: UnsafePointer<Float>, _ workers: Workers,
    _ kernels: FloatKernels
  ) {
    workers.share(images) { range in
      if isPatched {
        unsafe offsets.withUnsafeBufferPointer {
          unsafe kernels.packPatches(
            big, imageStride: bigPositions * bigChannels, channels: bigChannels, offsets: $0.baseAddress!, taps: taps,
            tapsInRow: tapsInRow, positions: smallPositions, images: range, width: roundUp(taps * bigChannels, 8),
            zeros: zeros, to: packedBig
          )
        }
      } else {
        unsafe kernels.packColumns(
          big, stride: bigStride, channels: bigChannels, width: 8, rows: scaled(range, bigPositions),
          columnStride: images * bigPositions * 8, to: packedBig)
      }
      unsafe kernels.packColumns(
        small, stride: smallChannels, channels: smallChannels, width: 32, rows: scaled(range, smallPositions),
        columnStride: images * smallPositions * 32, to: packedSmall)
    }
  }

  private func multiply(
    _ packedBig: UnsafePointer<Float>, _ packedSmall: UnsafePointer<Float>, _ images: Int,
    _ gradient: UnsafeMutablePointer<Float>, _ workers: Workers, _ kernels: FloatKernels
  ) {
    let rows = isPatched ? taps * bigChannels : bigChannels
    let partTaps = isPatched ? 1 : taps
    unsafe pairs.withUnsafeBufferPointer { pairs in
      unsafe firstPairs.withUnsafeBufferPointer { firstPairs in
        let task = unsafe WeightGradient(
          big: packedBig, bigGroupStride: isPatched ? 8 : images * bigPositions * 8,
          bigImageStride: isPatched ? bigCount : bigPositions * 8, small: packedSmall,
          smallBlockStride: images * smallPositions * 32, smallImageStride: smallPositions * 32,
          pairs: pairs.baseAddress!, firstPairs: firstPairs.baseAddress!, gradient: gradient,
          taps: partTaps, bigChannels: rows, smallChannels: smallChannels, images: images, shardImages: shardImages,
          imagesAtOnce: max(1, min(shardImages, 512 / smallPositions)))
        let parts = (rows + 7) / 8 * ((smallChannels + 31) / 32) * partTaps
        workers.share(parts, multiple: partTaps) { kernels.weightGradient(task, $0) }
      }
    }
  }

  private func scaled(_ range: Range<Int>, _ factor: Int) -> Range<Int> {
    (range.lowerBound * factor)..<(range.upperBound * factor)
  }
}

func roundUp(_ n: Int, _ multiple: Int) -> Int { (n + multiple - 1) / multiple * multiple }
