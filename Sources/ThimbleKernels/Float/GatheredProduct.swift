import ThimbleKernelTypes

#if THIMBLE_AVX512
  /// Positions of a tile: with two blocks of 16 lanes, 16 of the 32 vector registers hold sums.
  let tilePositions = 8
  /// Blocks of 16 outputs of a tile.
  let tileBlocks = 2
  typealias Tile<Element> = InlineArray<8, Element>
#else
  /// Positions of a tile: 16 lanes are two registers of AVX2 or four of SSE and NEON.
  let tilePositions = 5
  let tileBlocks = 1
  typealias Tile<Element> = InlineArray<5, Element>
#endif

/// The plain reference of `gatheredProduct`: one output after the other.
public func gatheredProductReference(_ a: GatheredProduct, positions: Range<Int>) {
  for position in positions {
    let (image, p) = (position / a.positions, position % a.positions)
    for o in 0..<a.outputs {
      var sum: Float = 0
      for t in 0..<a.taps {
        let offset = Int(a.inputOffsets[t * a.positions + p])
        let row = offset < 0 ? a.zeros : a.input + image * a.inputImageStride + offset
        for d in 0..<a.depth {
          sum.addProduct(row[d], a.weights[(o / 16 * a.taps + t) * a.depth + d][o % 16])
        }
      }
      a.output[image * a.outputImageStride + Int(a.outputOffsets[p]) + o] = sum
    }
  }
}

/// Computes the outputs of a range of positions, tile by tile.
public func gatheredProduct(_ a: GatheredProduct, positions: Range<Int>) {
  // Some tiles in a row share a block of weights, while their inputs stay in the second-level cache.
  let chunk = tilePositions * 24
  let blocks = (a.outputs + 15) / 16
  var start = positions.lowerBound
  while start < positions.upperBound {
    let end = min(start + chunk, positions.upperBound)
    var block = 0
    while block < blocks {
      let width = min(tileBlocks, blocks - block)
      var position = start
      while position < end {
        let places = TilePlaces(a, position: position, end: end)
        if width == 2 { doubleTile(a, places, block: block) } else { singleTile(a, places, block: block) }
        position += tilePositions
      }
      block += width
    }
    start = end
  }
}

/// Where the positions of one tile lie; positions past the end repeat the last one and are not stored.
struct TilePlaces {
  var images = Tile<Int>(repeating: 0)
  var positions = Tile<Int>(repeating: 0)
  var count: Int

  @inline(__always)
  init(_ a: GatheredProduct, position: Int, end: Int) {
    count = min(tilePositions, end - position)
    var (image, p) = position.quotientAndRemainder(dividingBy: a.positions)
    for i in 0..<tilePositions {
      images[i] = image
      positions[i] = p
      if i + 1 < count {
        p += 1
        if p == a.positions { (image, p) = (image + 1, 0) }
      }
    }
  }

  /// The inputs of tap `t` for each position of the tile.
  @inline(__always)
  func rows(_ a: GatheredProduct, tap t: Int) -> Tile<UnsafePointer<Float>> {
    var rows = Tile<UnsafePointer<Float>>(repeating: a.zeros)
    let offsets = a.inputOffsets + t * a.positions
    for i in 0..<tilePositions {
      let offset = Int(offsets[positions[i]])
      rows[i] = offset < 0 ? a.zeros : a.input + images[i] * a.inputImageStride + offset
    }
    return rows
  }

  @inline(__always)
  func store(_ a: GatheredProduct, _ sums: Tile<Lanes>, block: Int) {
    let lanes = min(16, a.outputs - 16 * block)
    // A constant count keeps the sums in registers.
    for i in 0..<tilePositions where i < count {
      let place = a.output + images[i] * a.outputImageStride + Int(a.outputOffsets[positions[i]]) + 16 * block
      if lanes == 16 {
        UnsafeMutableRawPointer(place).storeBytes(of: sums[i], as: Lanes.self)
      } else {
        for lane in 0..<lanes { place[lane] = sums[i][lane] }
      }
    }
  }
}

@inline(never)
private func doubleTile(_ a: GatheredProduct, _ places: TilePlaces, block: Int) {
  var first = Tile<Lanes>(repeating: .zero)
  var second = Tile<Lanes>(repeating: .zero)
  var weights0 = a.weights + block * a.taps * a.depth
  var weights1 = weights0 + a.taps * a.depth
  for t in 0..<a.taps {
    let rows = places.rows(a, tap: t)
    for d in 0..<a.depth {
      let w0 = weights0[d]
      let w1 = weights1[d]
      for i in 0..<tilePositions {
        let x = Lanes(repeating: rows[i][d])
        first[i].addProduct(x, w0)
        second[i].addProduct(x, w1)
      }
    }
    weights0 += a.depth
    weights1 += a.depth
  }
  places.store(a, first, block: block)
  places.store(a, second, block: block + 1)
}

@inline(never)
private func singleTile(_ a: GatheredProduct, _ places: TilePlaces, block: Int) {
  var sums = Tile<Lanes>(repeating: .zero)
  var weights = a.weights + block * a.taps * a.depth
  for t in 0..<a.taps {
    let rows = places.rows(a, tap: t)
    for d in 0..<a.depth {
      let w = weights[d]
      for i in 0..<tilePositions { sums[i].addProduct(Lanes(repeating: rows[i][d]), w) }
    }
    weights += a.depth
  }
  places.store(a, sums, block: block)
}
