import ThimbleKernelTypes

/// The plain reference of `weightGradient`: one weight after the other. Rows are pairs (tap, big channel), the tap being slower.
public func weightGradientReference(_ a: WeightGradient, rows: Range<Int>) {
  for row in rows {
    let (t, b) = (row / a.bigChannels, row % a.bigChannels)
    for s in 0..<a.smallChannels {
      for shard in 0..<((a.images + a.shardImages - 1) / a.shardImages) {
        var sum: Float = 0
        for image in (shard * a.shardImages)..<min((shard + 1) * a.shardImages, a.images) {
          for p in 0..<a.positions {
            let offset = Int(a.bigOffsets[t * a.positions + p])
            if offset < 0 { continue }
            sum.addProduct(
              a.big[image * a.bigImageStride + offset + b],
              a.small[image * a.smallImageStride + p * a.smallChannels + s])
          }
        }
        a.gradient[row * a.smallChannels + s] += sum
      }
    }
  }
}

#if THIMBLE_AVX512
  private let tileRows = 8
  private typealias Rows<Element> = InlineArray<8, Element>
#else
  private let tileRows = 4
  private typealias Rows<Element> = InlineArray<4, Element>
#endif

/// Adds to the gradients of a range of rows, shard after shard.
public func weightGradient(_ a: WeightGradient, rows: Range<Int>) {
  let shards = (a.images + a.shardImages - 1) / a.shardImages
  let blocks = (a.smallChannels + 15) / 16
  // Shards are outermost: a shard's maps stay in the cache while all rows use them.
  for shard in 0..<shards {
    let images = (shard * a.shardImages)..<min((shard + 1) * a.shardImages, a.images)
    var row = rows.lowerBound
    while row < rows.upperBound {
      let count = min(tileRows, rows.upperBound - row)
      let oneTap = count == tileRows && row / a.bigChannels == (row + tileRows - 1) / a.bigChannels
      var block = 0
      while block < blocks {
        if oneTap {
          #if THIMBLE_AVX512
            if block + 1 < blocks {
              doubleTile(a, images, row: row, block: block)
              block += 2
              continue
            }
          #endif
          singleTile(a, images, row: row, block: block)
        } else {
          mixedTile(a, images, row: row, count: count, block: block)
        }
        block += 1
      }
      row += count
    }
  }
}

@inline(__always)
private func load(_ place: UnsafePointer<Float>) -> Lanes { UnsafeRawPointer(place).loadUnaligned(as: Lanes.self) }

@inline(__always)
private func add(_ a: WeightGradient, _ sums: Rows<Lanes>, row: Int, count: Int, block: Int) {
  let lanes = min(16, a.smallChannels - 16 * block)
  for r in 0..<count {
    let place = a.gradient + (row + r) * a.smallChannels + 16 * block
    if lanes == 16 {
      UnsafeMutableRawPointer(place).storeBytes(of: load(place) + sums[r], as: Lanes.self)
    } else {
      for lane in 0..<lanes { place[lane] += sums[r][lane] }
    }
  }
}

@inline(never)
private func doubleTile(_ a: WeightGradient, _ images: Range<Int>, row: Int, block: Int) {
  var first = Rows<Lanes>(repeating: .zero)
  var second = Rows<Lanes>(repeating: .zero)
  let offsets = a.bigOffsets + row / a.bigChannels * a.positions
  for image in images {
    let big = a.big + image * a.bigImageStride + row % a.bigChannels
    var small = a.small + image * a.smallImageStride + 16 * block
    for p in 0..<a.positions {
      let offset = Int(offsets[p])
      if offset >= 0 {
        let x = big + offset
        let g0 = load(small)
        let g1 = load(small + 16)
        for r in 0..<tileRows {
          let value = Lanes(repeating: x[r])
          first[r].addProduct(value, g0)
          second[r].addProduct(value, g1)
        }
      }
      small += a.smallChannels
    }
  }
  add(a, first, row: row, count: tileRows, block: block)
  add(a, second, row: row, count: tileRows, block: block + 1)
}

@inline(never)
private func singleTile(_ a: WeightGradient, _ images: Range<Int>, row: Int, block: Int) {
  var sums = Rows<Lanes>(repeating: .zero)
  let offsets = a.bigOffsets + row / a.bigChannels * a.positions
  for image in images {
    let big = a.big + image * a.bigImageStride + row % a.bigChannels
    var small = a.small + image * a.smallImageStride + 16 * block
    for p in 0..<a.positions {
      let offset = Int(offsets[p])
      if offset >= 0 {
        let g = load(small)
        for r in 0..<tileRows { sums[r].addProduct(Lanes(repeating: big[offset + r]), g) }
      }
      small += a.smallChannels
    }
  }
  add(a, sums, row: row, count: tileRows, block: block)
}

/// Rows of several taps: maps of few channels.
@inline(never)
private func mixedTile(_ a: WeightGradient, _ images: Range<Int>, row: Int, count: Int, block: Int) {
  var sums = Rows<Lanes>(repeating: .zero)
  var offsets = Rows<UnsafePointer<Int32>>(repeating: a.bigOffsets)
  var channels = Rows<Int>(repeating: 0)
  for r in 0..<tileRows {
    let (t, b) = min(row + r, row + count - 1).quotientAndRemainder(dividingBy: a.bigChannels)
    offsets[r] = a.bigOffsets + t * a.positions
    channels[r] = b
  }
  for image in images {
    let big = a.big + image * a.bigImageStride
    var small = a.small + image * a.smallImageStride + 16 * block
    for p in 0..<a.positions {
      let g = load(small)
      for r in 0..<tileRows {
        let offset = Int(offsets[r][p])
        let x = offset < 0 ? a.zeros : big + offset
        sums[r].addProduct(Lanes(repeating: x[channels[r]]), g)
      }
      small += a.smallChannels
    }
  }
  add(a, sums, row: row, count: count, block: block)
}
