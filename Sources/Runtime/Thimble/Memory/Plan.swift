// Schedule 0, whole layers: the input of even layers is packed to the front, that of odd ones to the back, so that the input
// and the output of a layer never meet:
//
//     |latent      |          map 1|      layer 0
//     |map 2   |              map 1|      layer 1
//     |map 2   |              map 3|      layer 2 ...

extension Layout {
  /// Fills in the places of all maps and the sizes of the arena, from the shapes.
  @inline(never)
  mutating func planWholeLayers() {
    let count = Int(header.layerCount)
    for i in 0..<count { (layers[i].schedule, layers[i].stripRows, layers[i].rowsHeld) = (.wholeLayer, 0, 0) }
    var largest: UInt64 = 0
    for i in 0..<count {
      let following = i + 1 < count ? layers[i + 1].inputByteCount : 0
      largest = max(largest, layers[i].inputByteCount + following)
    }
    header.arena = ArenaByteCounts(fixed: zerosByteCount, image: largest, worker: 0)
    for i in 0..<count { layers[i].inputOffset = i % 2 == 0 ? 0 : largest - layers[i].inputByteCount }
    for i in 0..<count { layers[i].outputOffset = i + 1 < count ? layers[i + 1].inputOffset : 0 }
  }

  /// Zeros that layers read outside of their maps: one position of the widest.
  private var zerosByteCount: UInt64 {
    var largest: UInt64 = 0
    for i in 0..<Int(header.layerCount) { largest = max(largest, record(i).zerosByteCount) }
    return roundedUp(largest, 64)
  }

  /// Refuses a plan that breaks the rules of format.md's section Memory. The geometry is valid; the plan may say anything.
  @inline(never)
  package func checkMemory() throws(ThimbleError) {
    try require(header.arena.fixed, .equal, zerosByteCount, "arena: fixed bytes")
    try require(header.arena.image, .atMost, 1 << 30, "arena: bytes an image")
    try require(header.arena.image, .multipleOf, 64, "arena: bytes an image")
    try require(header.arena.worker, .equal, 0, "arena: bytes a worker")
    let count = Int(header.layerCount)
    var isStreamed = false
    for i in 0..<count {
      try checkSchedule(i, follows: isStreamed, isLast: i == count - 1)
      isStreamed = record(i).schedule == .streamed
    }
    try checkRowsHeld()
    for i in 0..<count { try checkPlaces(i, isLast: i == count - 1) }
    try checkStreamedPlaces()
  }

  /// Refuses schedules in the wrong order, and numbers of rows that belong to other schedules.
  /// - Parameter follows: whether the layer before is streamed.
  private func checkSchedule(_ i: Int, follows: Bool, isLast: Bool) throws(ThimbleError) {
    let layer = record(i)
    if follows || layer.kind.input == .latent || isLast {
      let wanted = follows ? LayerRecord.Schedule.streamed : .wholeLayer
      try require(UInt64(layer.schedule.rawValue), .equal, UInt64(wanted.rawValue), "schedule", layer: i)
    }
    try require(UInt64(layer.stripRows), .atLeast, isLast && follows ? 1 : 0, "strip rows", layer: i)
    try require(
      UInt64(layer.stripRows), .atMost, isLast && follows ? UInt64(layer.output.height) : 0, "strip rows", layer: i)
    try require(UInt64(layer.rowsHeld), .atLeast, follows ? 1 : 0, "rows held", layer: i)
    try require(UInt64(layer.rowsHeld), .atMost, follows ? UInt64(layer.input.height) : 0, "rows held", layer: i)
    // Also of maps that are held in part: rows are found by multiplication in 32 bits on small machines.
    try require(layer.input.byteCount, .atMost, 1 << 30, "bytes of the input", layer: i)
  }

  /// Refuses line buffers that are lower than the schedule needs.
  private func checkRowsHeld() throws(ThimbleError) {
    let needed = RowStream(self).rowsHeld
    for i in 0..<Int(header.layerCount) {
      try require(UInt64(record(i).rowsHeld), .atLeast, UInt64(needed[i]), "rows held", layer: i)
    }
  }

  /// Refuses places outside of the image's part, and those in which a layer would write what it still reads.
  private func checkPlaces(_ i: Int, isLast: Bool) throws(ThimbleError) {
    let layer = record(i)
    try require(layer.inputOffset, .multipleOf, 64, "input offset", layer: i)
    if layer.kind.input == .map {
      try require(layer.inputOffset, .equal, record(i - 1).outputOffset, "input offset", layer: i)
    }
    try requireInside(layer.inputOffset, layer.inputByteCount, "input offset", layer: i)
    if isLast { return try require(layer.outputOffset, .equal, 0, "output offset", layer: i) }
    try require(layer.outputOffset, .multipleOf, 64, "output offset", layer: i)
    try requireInside(layer.outputOffset, record(i + 1).inputByteCount, "output offset", layer: i)
    if layer.schedule == .overlapping { return try checkStrips(i) }
    try requireApart(i, layer.outputOffset, record(i + 1).inputByteCount, "output offset, inside of the input")
  }

  /// Refuses an overlapping layer that could not write one more row without losing input.
  private func checkStrips(_ i: Int) throws(ThimbleError) {
    let layer = record(i)
    var row = 0
    while row < Int(layer.output.height) {
      let end = layer.endOfStrip(from: row)
      if end <= row {
        throw ThimbleError(
          .format, "output offset, over rows of the input that are still needed", layer: i,
          found: layer.outputOffset)
      }
      row = end
    }
  }

  /// All inputs of streamed layers are there at once.
  private func checkStreamedPlaces() throws(ThimbleError) {
    let (first, count) = (RowStream(self).firstLayer, Int(header.layerCount))
    for i in first..<count {
      for j in i + 1..<max(count, i + 1) {
        try requireApart(
          i, record(j).inputOffset, record(j).inputByteCount, "output offset, inside of the input of a streamed layer")
      }
    }
  }

  /// Some bytes of the image's part share none with the input of a layer.
  private func requireApart(
    _ i: Int, _ offset: UInt64, _ byteCount: UInt64, _ field: StaticString
  ) throws(ThimbleError) {
    let layer = record(i)
    if offset + byteCount <= layer.inputOffset || layer.inputOffset + layer.inputByteCount <= offset { return }
    throw ThimbleError(.format, field, layer: i, found: offset)
  }

  /// Bytes of a map inside of the image's part; both numbers may be anything.
  private func requireInside(
    _ offset: UInt64, _ byteCount: UInt64, _ field: StaticString, layer: Int
  ) throws(ThimbleError) {
    // The image's part is at most 2^30, so that nothing overflows after the first line.
    try require(offset, .atMost, header.arena.image, field, layer: layer)
    try require(offset + byteCount, .atMost, header.arena.image, field, layer: layer)
  }
}
