import Thimble

/// Finds places for maps of which only neighbours are there at once, each layer's input and output.
///
/// Goes from the last map to the first. An input lies at one of the two ends, or as close after its output as overlapping allows: few
/// positions can come about, so that all of them are followed and the cheapest way is kept for each.
struct MapPlacement {
  struct Place {
    var offset: UInt64
    /// Of the layer that reads the map.
    var schedule: LayerRecord.Schedule
  }

  private struct Way {
    var places: [Place]
    var weightTraffic: UInt64
  }

  private let layout: Layout
  private let lastMap: Int
  private let buffers: UInt64
  /// Of each layer: the least distance from its output to its input that leaves every strip a row.
  private let distances: [UInt64]

  init(_ layout: Layout, lastMap: Int, buffers: UInt64) {
    (self.layout, self.lastMap, self.buffers) = (layout, lastMap, buffers)
    distances = (0..<lastMap).map { layout.layers[$0].leastDistance }
  }

  /// The places of the inputs of layers 0 ... lastMap in a part of this many bytes; nil if they do not fit.
  func places(in size: UInt64) -> [Place]? {
    let lastSize = layout.layers[lastMap].inputByteCount
    guard lastSize + buffers <= size else { return nil }
    // At an end, so that the line buffers have the rest.
    var ways = [0, size - lastSize].map {
      Way(places: [Place(offset: $0, schedule: layout.layers[lastMap].schedule)], weightTraffic: 0)
    }
    for layer in (0..<lastMap).reversed() {
      var next: [Way] = []
      for way in ways {
        for longer in extended(way, by: layer, in: size) {
          if let same = next.firstIndex(where: { $0.places[0].offset == longer.places[0].offset }) {
            if longer.weightTraffic < next[same].weightTraffic { next[same] = longer }
          } else {
            next.append(longer)
          }
        }
      }
      ways = next
    }
    return ways.min { $0.weightTraffic < $1.weightTraffic }?.places
  }

  /// A way from a layer's output on, with the layer's input before it.
  private func extended(_ way: Way, by layer: Int, in size: UInt64) -> [Way] {
    var record = layout.layers[layer]
    let (byteCount, outputByteCount) = (record.inputByteCount, layout.layers[layer + 1].inputByteCount)
    guard byteCount <= size else { return [] }
    record.outputOffset = way.places[0].offset
    return [0, size - byteCount, record.outputOffset + distances[layer]].compactMap { offset in
      record.inputOffset = offset
      let apart = offset + byteCount <= record.outputOffset || record.outputOffset + outputByteCount <= offset
      record.schedule = apart ? .wholeLayer : .overlapping
      let isPossible = apart || record.kind.input == .map && offset >= record.outputOffset + distances[layer]
      guard offset + byteCount <= size, isPossible else { return nil }
      return Way(
        places: [Place(offset: offset, schedule: record.schedule)] + way.places,
        weightTraffic: way.weightTraffic + record.weightTraffic)
    }
  }
}

extension LayerRecord {
  /// The least distance from output to input that lets the layer overlap: no row may end after the first one it needs.
  fileprivate var leastDistance: UInt64 {
    guard kind.input == .map else { return 0 }
    let rows = rows
    let most = (0..<Int(output.height)).map { row in
      let (end, needed) = (UInt64(row + 1) * outputRowByteCount, UInt64(rows.firstInput(from: row)) * inputRowByteCount)
      return end > needed ? end - needed : 0
    }.max()!
    return (most + 63) / 64 * 64
  }

  /// Bytes of weights that a layer of schedule 0 or 1 reads.
  var weightTraffic: UInt64 {
    guard schedule == .overlapping else { return packedWeightsByteCount }
    var (sum, row) = (UInt64(0), 0)
    while row < Int(output.height) {
      let end = endOfStrip(from: row)
      sum += weightByteCount(rows: row..<end)
      row = end
    }
    return sum
  }
}
