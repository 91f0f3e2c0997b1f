import ThimbleKernelInterface

/// The plain reference of `gatheredProduct`: one output after the other.
public func gatheredProductReference(_ a: GatheredProduct) {
  for position in 0..<(a.images * a.positions) {
    let (image, p) = (position / a.positions, position % a.positions)
    for o in 0..<a.outputs {
      var sum: Float = 0
      for t in 0..<a.taps {
        let offset = Int(a.inputOffsets[t * a.positions + p])
        if offset < 0 { continue }
        let row = a.input + image * a.inputImageStride + offset
        for d in 0..<a.depth {
          sum.addProduct(row[d], a.weights[(o / 16 * a.taps + t) * a.depth + d][o % 16])
        }
      }
      a.output[image * a.outputImageStride + Int(a.outputOffsets[p]) + o] = sum
    }
  }
}

/// Tiles are of one position in several images, so that a tap which falls off the map does so for the whole tile and is left out: of a
/// 4x4 map's taps that is a quarter. Those of few images are of neighbouring positions.
private func isAcrossImages(_ a: GatheredProduct) -> Bool { a.images >= tilePositions }

/// How many tiles make the product.
public func gatheredTileCount(_ a: GatheredProduct) -> Int {
  if isAcrossImages(a) { return (a.images + tilePositions - 1) / tilePositions * a.positions }
  return (a.images * a.positions + tilePositions - 1) / tilePositions
}

/// Computes a range of tiles.
///
/// Some tiles in a row share a block of weights, a few taps at a time, so that these stay in the second-level cache; between taps the
/// sums wait in the output.
public func gatheredProduct(_ a: GatheredProduct, tiles: Range<Int>) {
  if a.depth == 1 && a.taps == 1 {
    for tile in tiles { scaledWeights(a, TilePlaces(a, tile: tile)) }
    return
  }
  let isGathered = a.depth <= 4 && a.taps > 1 && a.taps * a.depth <= patchLength
  if isGathered { return patchedProduct(a, tiles: tiles) }
  let chunk = 24
  let tapsAtOnce = max(1, weightsAtOnce / a.depth)
  let blocks = (a.outputs + 15) / 16
  var start = tiles.lowerBound
  while start < tiles.upperBound {
    let end = min(start + chunk, tiles.upperBound)
    var block = 0
    while block < blocks {
      let width = min(tileBlocks, blocks - block)
      var tap = 0
      while tap < a.taps {
        let taps = tap..<min(tap + tapsAtOnce, a.taps)
        for tile in start..<end {
          let places = TilePlaces(a, tile: tile)
          if width == 2 { doubleTile(a, places, block, taps) } else { singleTile(a, places, block, taps) }
        }
        tap = taps.upperBound
      }
      block += width
    }
    start = end
  }
}

/// Rows of weights, of all the lanes of a tile, that are used by several tiles before the next ones: up to 512 KB.
private let weightsAtOnce = 4096

/// Rows of few numbers are put together before they are multiplied.
private func patchedProduct(_ a: GatheredProduct, tiles: Range<Int>) {
  var patches = InlineArray<1024, Float>(repeating: 0)
  var span = patches.mutableSpan
  span.withUnsafeMutableBufferPointer { patches in
    let patches = patches.baseAddress.unsafelyUnwrapped
    for tile in tiles {
      let places = TilePlaces(a, tile: tile)
      gather(a, places, to: patches)
      var block = 0
      while block < (a.outputs + 15) / 16 {
        let width = min(tileBlocks, (a.outputs + 15) / 16 - block)
        if width == 2 { doublePatchTile(a, places, block, patches) } else { singlePatchTile(a, places, block, patches) }
        block += width
      }
    }
  }
}

/// Where the positions of one tile lie; those past the end repeat the last one and are not stored.
private struct TilePlaces {
  var images = Tile<Int>(repeating: 0)
  var positions = Tile<Int>(repeating: 0)
  var count: Int

  @inline(__always)
  init(_ a: GatheredProduct, tile: Int) {
    if isAcrossImages(a) {
      let (group, p) = tile.quotientAndRemainder(dividingBy: a.positions)
      let first = group * tilePositions
      count = min(tilePositions, a.images - first)
      for i in 0..<tilePositions {
        images[i] = first + min(i, count - 1)
        positions[i] = p
      }
      return
    }
    let position = tile * tilePositions
    count = min(tilePositions, a.images * a.positions - position)
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

  /// The inputs of tap `t` for each position of the tile; nil if it is off the map for all of them.
  @inline(__always)
  func rows(_ a: GatheredProduct, tap t: Int) -> Tile<UnsafePointer<Float>>? {
    var rows = Tile<UnsafePointer<Float>>(repeating: a.zeros)
    let offsets = a.inputOffsets + t * a.positions
    var all: Int32 = -1
    for i in 0..<tilePositions {
      let offset = offsets[positions[i]]
      all &= offset
      rows[i] = offset < 0 ? a.zeros : a.input + (images[i] * a.inputImageStride + Int(offset))
    }
    return all < 0 ? nil : rows
  }

  /// The sums that wait in the output.
  @inline(__always)
  func load(_ a: GatheredProduct, block: Int) -> Tile<Lanes> {
    let lanes = min(16, a.outputs - 16 * block)
    var sums = Tile<Lanes>(repeating: .zero)
    for i in 0..<tilePositions {
      let place = a.output + (images[i] * a.outputImageStride + Int(a.outputOffsets[positions[i]]) + 16 * block)
      if lanes == 16 {
        sums[i] = UnsafeRawPointer(place).loadUnaligned(as: Lanes.self)
      } else {
        for lane in 0..<lanes { sums[i][lane] = place[lane] }
      }
    }
    return sums
  }

  @inline(__always)
  func store(_ a: GatheredProduct, _ sums: Tile<Lanes>, block: Int) {
    let lanes = min(16, a.outputs - 16 * block)
    // A constant count keeps the sums in registers.
    for i in 0..<tilePositions where i < count {
      let place = a.output + (images[i] * a.outputImageStride + Int(a.outputOffsets[positions[i]]) + 16 * block)
      if lanes == 16 {
        UnsafeMutableRawPointer(place).storeBytes(of: sums[i], as: Lanes.self)
      } else {
        for lane in 0..<lanes { place[lane] = sums[i][lane] }
      }
    }
  }
}

/// One tap of one number: each position's outputs are the weights, times that number.
@inline(never)
private func scaledWeights(_ a: GatheredProduct, _ places: TilePlaces) {
  let whole = a.outputs / 16
  for i in 0..<places.count {
    let offset = Int(a.inputOffsets[places.positions[i]])
    let x = offset < 0 ? 0 : a.input[places.images[i] * a.inputImageStride + offset]
    let output = a.output + (places.images[i] * a.outputImageStride + Int(a.outputOffsets[places.positions[i]]))
    for block in 0..<whole {
      let product = Lanes.zero.addingProduct(Lanes(repeating: x), a.weights[block])
      UnsafeMutableRawPointer(output + 16 * block).storeBytes(of: product, as: Lanes.self)
    }
    for o in (16 * whole)..<a.outputs { output[o] = (0 as Float).addingProduct(x, a.weights[whole][o % 16]) }
  }
}

/// Puts the rows of all taps together: [tilePositions][patchLength], of which taps x depth are meant; zeros off the map.
@inline(never)
private func gather(_ a: GatheredProduct, _ places: TilePlaces, to patches: UnsafeMutablePointer<Float>) {
  for i in 0..<tilePositions {
    gatherPatch(
      a.input + places.images[i] * a.inputImageStride, a.inputOffsets + places.positions[i], positions: a.positions,
      taps: a.taps, tapsInRow: a.tapsInRow, channels: a.depth, zeros: a.zeros, to: patches + i * patchLength)
  }
}

@inline(never)
private func doublePatchTile(
  _ a: GatheredProduct, _ places: TilePlaces, _ block: Int, _ patches: UnsafePointer<Float>
) {
  let length = a.taps * a.depth
  var first = Tile<Lanes>(repeating: .zero)
  var second = Tile<Lanes>(repeating: .zero)
  addDouble(&first, &second, Tile { patches + $0 * patchLength }, a.weights + block * length, length, length)
  places.store(a, first, block: block)
  places.store(a, second, block: block + 1)
}

@inline(never)
private func singlePatchTile(
  _ a: GatheredProduct, _ places: TilePlaces, _ block: Int, _ patches: UnsafePointer<Float>
) {
  let length = a.taps * a.depth
  var sums = Tile<Lanes>(repeating: .zero)
  addSingle(&sums, Tile { patches + $0 * patchLength }, a.weights + block * length, length)
  places.store(a, sums, block: block)
}

@inline(never)
private func doubleTile(_ a: GatheredProduct, _ places: TilePlaces, _ block: Int, _ taps: Range<Int>) {
  let isFirst = taps.lowerBound == 0
  var first = isFirst ? Tile<Lanes>(repeating: .zero) : places.load(a, block: block)
  var second = isFirst ? Tile<Lanes>(repeating: .zero) : places.load(a, block: block + 1)
  let blockLength = a.taps * a.depth
  let weights = a.weights + block * blockLength
  for t in taps {
    guard let rows = places.rows(a, tap: t) else { continue }
    addDouble(&first, &second, rows, weights + t * a.depth, blockLength, a.depth)
  }
  places.store(a, first, block: block)
  places.store(a, second, block: block + 1)
}

@inline(never)
private func singleTile(_ a: GatheredProduct, _ places: TilePlaces, _ block: Int, _ taps: Range<Int>) {
  var sums = taps.lowerBound == 0 ? Tile<Lanes>(repeating: .zero) : places.load(a, block: block)
  let weights = a.weights + block * a.taps * a.depth
  for t in taps {
    guard let rows = places.rows(a, tap: t) else { continue }
    addSingle(&sums, rows, weights + t * a.depth, a.depth)
  }
  places.store(a, sums, block: block)
}

/// Adds `count` products to the sums of two blocks, whose weights lie `blockLength` apart.
@inline(__always)
private func addDouble(
  _ first: inout Tile<Lanes>, _ second: inout Tile<Lanes>, _ rows: Tile<UnsafePointer<Float>>,
  _ weights: UnsafePointer<Lanes>, _ blockLength: Int, _ count: Int
) {
  let others = weights + blockLength
  for d in 0..<count {
    let w0 = weights[d]
    let w1 = others[d]
    for i in 0..<tilePositions {
      let x = Lanes(repeating: rows[i][d])
      first[i].addProduct(x, w0)
      second[i].addProduct(x, w1)
    }
  }
}

@inline(__always)
private func addSingle(
  _ sums: inout Tile<Lanes>, _ rows: Tile<UnsafePointer<Float>>, _ weights: UnsafePointer<Lanes>, _ count: Int
) {
  for d in 0..<count {
    let w = weights[d]
    for i in 0..<tilePositions { sums[i].addProduct(Lanes(repeating: rows[i][d]), w) }
  }
}
