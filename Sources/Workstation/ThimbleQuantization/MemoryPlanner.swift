import Thimble

/// One way to run a generator in an arena, and what it costs.
package struct PlannedMemory: Sendable {
  /// The layout with the places, schedules and rows of the plan.
  package var layout: Layout
  /// Bytes of weights that one pass over the layers reads: a strip reads its layer's weights again.
  package var weightTraffic: UInt64

  /// Bytes for one image and one worker.
  package var arenaByteCount: Int { layout.header.arena.byteCount(images: 1)! }

  /// What is not whole layers.
  package var description: String { layout.planDescription }
}

/// Chooses how to run a generator in little memory: whole layers, layers whose output overlaps the input that is read, or the last layers
/// in strips of rows.
///
/// Streams differ in speed by their weight traffic, since all plans compute each value once.
package struct MemoryPlanner {
  /// Layers whole, as `Layout.finish` leaves them.
  private let whole: Layout
  private var count: Int { Int(whole.header.layerCount) }

  /// For a finished layout.
  package init(_ layout: Layout) { whole = layout }

  /// Every layer whole.
  package var wholeLayers: PlannedMemory { PlannedMemory(layout: whole, weightTraffic: traffic(whole)) }

  /// The least memory without streaming: whole layers, or overlapping ones where those save memory.
  package var unstreamed: PlannedMemory {
    let overlapping = planned(whole, lastMap: count - 1, buffers: 0)
    return overlapping.map { $0.arenaByteCount < wholeLayers.arenaByteCount ? $0 : wholeLayers } ?? wholeLayers
  }

  /// All ways to stream: from each layer on that reads a map, in strips of 1, 2, 3, 4, 6, 8, 12 ... rows of the image.
  package var streamed: [PlannedMemory] {
    let rows = Int(whole.header.image.height)
    let heights = (0..<10).flatMap { [1 << $0, 3 << $0] }.filter { $0 <= rows }.sorted()
    return (0..<count - 1).filter { whole.layers[$0].kind.input == .map }.reversed().flatMap { first in
      heights.reversed().compactMap { stream(from: first, stripRows: UInt32($0)) }
    }
  }

  /// The plans worth having, each of less memory than all before it: whole layers, then without streaming, then streams by
  /// their weight traffic.
  package var plans: [PlannedMemory] {
    let rest = streamed.enumerated().sorted {
      ($0.element.weightTraffic, $0.element.arenaByteCount, $0.offset)
        < ($1.element.weightTraffic, $1.element.arenaByteCount, $1.offset)
    }
    var kept: [PlannedMemory] = []
    for plan in [wholeLayers, unstreamed] + rest.map(\.element)
    where plan.arenaByteCount < kept.last?.arenaByteCount ?? .max {
      kept.append(plan)
    }
    return kept
  }

  /// The first of `plans` that needs at most this many bytes for an image, or nil if there is none. Without a limit: `unstreamed`.
  package func plan(within byteCount: Int?) -> PlannedMemory? {
    guard let byteCount else { return unstreamed }
    return plans.first { $0.arenaByteCount <= byteCount }
  }

  /// Streams the layers from `first` on, those before it as they fit.
  private func stream(from first: Int, stripRows: UInt32) -> PlannedMemory? {
    var layout = whole
    for i in first..<count { layout.layers[i].schedule = .streamed }
    layout.layers[count - 1].stripRows = stripRows
    let held = RowStream(layout).rowsHeld
    for i in first + 1..<count { layout.layers[i].rowsHeld = UInt32(held[i]) }
    let buffers = (first + 1..<count).reduce(0) { $0 + layout.layers[$1].inputByteCount }
    return planned(layout, lastMap: first, buffers: buffers)
  }

  /// Places everything in as few bytes as possible. Nil if that is more than a file may ask for.
  /// - Parameters:
  ///   - lastMap: the last layer whose input is a whole map.
  ///   - buffers: bytes of the line buffers, which are there together with that map.
  private func planned(_ layout: Layout, lastMap: Int, buffers: UInt64) -> PlannedMemory? {
    let search = MapPlacement(layout, lastMap: lastMap, buffers: buffers)
    // Steps of 64 bytes: more memory never hurts, so that halving finds the least.
    var (low, high) = ((layout.layers[lastMap].inputByteCount + buffers) / 64, UInt64(1 << 30) / 64)
    guard search.places(in: high * 64) != nil else { return nil }
    while low < high {
      let middle = (low + high) / 2
      if search.places(in: middle * 64) == nil { low = middle + 1 } else { high = middle }
    }
    guard let places = search.places(in: low * 64) else { return nil }
    var planned = layout
    planned.header.arena.image = low * 64
    for i in 0..<count where i < places.count { planned.layers[i].inputOffset = places[i].offset }
    // Line buffers lie after the map before them or, if there is no room, in front of it.
    let map = planned.layers[lastMap]
    var free = map.inputOffset + map.inputByteCount + buffers <= low * 64 ? map.inputOffset + map.inputByteCount : 0
    for i in 0..<count {
      if i > lastMap {
        planned.layers[i].inputOffset = free
        free += planned.layers[i].inputByteCount
      }
      if i < lastMap { planned.layers[i].schedule = places[i].schedule }
    }
    for i in 0..<count { planned.layers[i].outputOffset = i + 1 < count ? planned.layers[i + 1].inputOffset : 0 }
    return PlannedMemory(layout: planned, weightTraffic: traffic(planned))
  }

  private func traffic(_ layout: Layout) -> UInt64 {
    var stream = RowStream(layout)
    var sum = (0..<stream.firstLayer).reduce(0) { $0 + layout.layers[$1].weightTraffic }
    while stream.next() {
      for i in stream.firstLayer..<count { sum += layout.layers[i].weightByteCount(rows: stream.rows(ofLayer: i)) }
    }
    return sum
  }
}
