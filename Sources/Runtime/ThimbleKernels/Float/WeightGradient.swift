import ThimbleKernelInterface

/// The plain reference of `weightGradient`, on maps as they are: one weight after the other.
///
/// - Parameters:
///   - big, small: [images][positions][channels].
///   - bigOffsets: [taps][positions of the small map]: where the tap's place in the big map begins, or -1 off the map.
///   - gradient: [taps][bigChannels][smallChannels]; added to.
public func weightGradientReference(
  big: UnsafePointer<Float>, bigImageStride: Int, bigChannels: Int, bigOffsets: UnsafePointer<Int32>,
  small: UnsafePointer<Float>, smallChannels: Int, positions: Int, taps: Int, images: Int, shardImages: Int,
  gradient: UnsafeMutablePointer<Float>
) {
  for row in 0..<(taps * bigChannels) {
    let (t, b) = (row / bigChannels, row % bigChannels)
    for s in 0..<smallChannels {
      for shard in 0..<((images + shardImages - 1) / shardImages) {
        var sum: Float = 0
        for image in (shard * shardImages)..<min((shard + 1) * shardImages, images) {
          for p in 0..<positions {
            let offset = Int(bigOffsets[t * positions + p])
            if offset < 0 { continue }
            sum.addProduct(
              big[image * bigImageStride + offset + b], small[(image * positions + p) * smallChannels + s])
          }
        }
        gradient[row * smallChannels + s] += sum
      }
    }
  }
}

/// Packs the given rows of a map, `channels` numbers each and `stride` apart, to [columns of `width` channels][rows][width], zeros beyond the last channel.
/// `width` is a multiple of 8.
public func packColumns(
  _ map: UnsafePointer<Float>, stride: Int, channels: Int, width: Int, rows: Range<Int>, columnStride: Int,
  to target: UnsafeMutablePointer<Float>
) {
  for row in rows {
    let source = map + row * stride
    for column in 0..<((channels + width - 1) / width) {
      let place = target + (column * columnStride + row * width)
      let count = min(width, channels - column * width)
      if count == width {
        var at = 0
        while at < width {
          let eight = UnsafeRawPointer(source + (column * width + at)).loadUnaligned(as: SIMD8<Float>.self)
          UnsafeMutableRawPointer(place + at).storeBytes(of: eight, as: SIMD8<Float>.self)
          at += 8
        }
      } else {
        for i in 0..<width { place[i] = i < count ? source[column * width + i] : 0 }
      }
    }
  }
}

/// Puts together what all taps read at each position of some images: [image][position][width], width >= taps x channels; zeros off
/// the map. `offsets` is [taps][positions]; `tapsInRow` taps lie side by side in the map.
public func packPatches(
  _ map: UnsafePointer<Float>, imageStride: Int, channels: Int, offsets: UnsafePointer<Int32>, taps: Int,
  tapsInRow: Int, positions: Int, images: Range<Int>, width: Int, zeros: UnsafePointer<Float>,
  to target: UnsafeMutablePointer<Float>
) {
  for image in images {
    let input = map + image * imageStride
    for p in 0..<positions {
      let patch = target + (image * positions + p) * width
      gatherPatch(
        input, offsets + p, positions: positions, taps: taps, tapsInRow: tapsInRow, channels: channels, zeros: zeros,
        to: patch)
      for i in (taps * channels)..<width { patch[i] = 0 }
    }
  }
}

/// Parts whose sums of a shard are kept while their images pass by.
private let partsAtOnce = 16

/// Adds to the gradients of a range of parts, shard after shard.
public func weightGradient(_ a: WeightGradient, parts: Range<Int>) {
  // Shape: [parts][8 big channels][32 small ones].
  var kept = InlineArray<256, Lanes>(repeating: .zero)
  var span = kept.mutableSpan
  span.withUnsafeMutableBufferPointer { kept in
    let sums = kept.baseAddress.unsafelyUnwrapped
    var first = parts.lowerBound
    while first < parts.upperBound {
      let end = min(first + partsAtOnce, parts.upperBound)
      var shard = 0
      while shard < a.images {
        let shardEnd = min(shard + a.shardImages, a.images)
        for i in 0..<((end - first) * 16) { sums[i] = .zero }
        var image = shard
        while image < shardEnd {
          let next = min(image + a.imagesAtOnce, shardEnd)
          for part in first..<end { accumulate(a, image..<next, part, sums + (part - first) * 16) }
          image = next
        }
        for part in first..<end { add(a, sums + (part - first) * 16, part) }
        shard = shardEnd
      }
      first = end
    }
  }
}

@inline(__always)
private func load(_ place: UnsafePointer<Float>) -> Lanes { UnsafeRawPointer(place).loadUnaligned(as: Lanes.self) }

/// Adds what some images give to the sums of a part, tile by tile.
@inline(never)
private func accumulate(
  _ a: WeightGradient, _ images: Range<Int>, _ part: Int, _ sums: UnsafeMutablePointer<Lanes>
) {
  let (tile, tap) = part.quotientAndRemainder(dividingBy: a.taps)
  let (group, block) = tile.quotientAndRemainder(dividingBy: (a.smallChannels + 31) / 32)
  let pairs = Int(a.firstPairs[tap])..<Int(a.firstPairs[tap + 1])
  var row = 0
  while row < min(8, a.bigChannels - 8 * group) {
    var column = 0
    while column < 2 {
      let big = a.big + (group * a.bigGroupStride + row)
      let small = a.small + (block * a.smallBlockStride + 16 * column)
      accumulateTile(a, images, pairs, big, small, sums + (row * 2 + column))
      column += gradientColumns
    }
    row += gradientRows
  }
}

@inline(__always)
private func accumulateTile(
  _ a: WeightGradient, _ images: Range<Int>, _ pairs: Range<Int>, _ big: UnsafePointer<Float>,
  _ small: UnsafePointer<Float>, _ sums: UnsafeMutablePointer<Lanes>
) {
  var tile = GradientSums { sums[$0 / gradientColumns * 2 + $0 % gradientColumns] }
  for image in images {
    let (bigImage, smallImage) = (big + image * a.bigImageStride, small + image * a.smallImageStride)
    for pair in pairs {
      let at = a.pairs[pair]
      let (x, g) = (bigImage + Int(at[0]), smallImage + Int(at[1]))
      var columns = InlineArray<2, Lanes>(repeating: .zero)
      for column in 0..<gradientColumns { columns[column] = load(g + 16 * column) }
      for row in 0..<gradientRows {
        let value = Lanes(repeating: x[row])
        for column in 0..<gradientColumns { tile[row * gradientColumns + column].addProduct(value, columns[column]) }
      }
    }
  }
  for i in 0..<(gradientRows * gradientColumns) { sums[i / gradientColumns * 2 + i % gradientColumns] = tile[i] }
}

/// Adds a shard's sums of a part to the gradient.
@inline(never)
private func add(_ a: WeightGradient, _ sums: UnsafeMutablePointer<Lanes>, _ part: Int) {
  let (tile, tap) = part.quotientAndRemainder(dividingBy: a.taps)
  let (group, block) = tile.quotientAndRemainder(dividingBy: (a.smallChannels + 31) / 32)
  for row in 0..<min(8, a.bigChannels - 8 * group) {
    let place = a.gradient + ((tap * a.bigChannels + 8 * group + row) * a.smallChannels + 32 * block)
    for column in 0..<2 {
      let lanes = min(16, a.smallChannels - 32 * block - 16 * column)
      let sum = sums[row * 2 + column]
      if lanes == 16 {
        UnsafeMutableRawPointer(place + 16 * column).storeBytes(of: load(place + 16 * column) + sum, as: Lanes.self)
      } else if lanes > 0 {
        for lane in 0..<lanes { place[16 * column + lane] += sum[lane] }
      }
    }
  }
}
