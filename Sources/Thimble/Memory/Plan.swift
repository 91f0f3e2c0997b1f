// Which map lies where in the image's part of the arena: schedule 0, whole layers. The input of even layers is packed to the
// front, that of odd ones to the back, so that the input and the output of a layer never meet:
//
//     |latent      |          map 1|      layer 0
//     |map 2   |              map 1|      layer 1
//     |map 2   |              map 3|      layer 2 ...

extension Layout {
  /// Fills in the places of all maps and the sizes of the arena, from the shapes.
  mutating func planMemory() {
    let count = Int(header.layerCount)
    var largest: UInt64 = 0
    var fixed: UInt64 = 0
    for i in 0..<count {
      let following = i + 1 < count ? layers[i + 1].inputByteCount : 0
      largest = max(largest, layers[i].inputByteCount + following)
      if i > 0 { fixed = max(fixed, layers[i].input.positionStride) }
    }
    header.arena = ArenaByteCounts(fixed: roundedUp(fixed, 64), image: largest, worker: 0)
    for i in 0..<count {
      layers[i].inputOffset = i % 2 == 0 ? 0 : largest - layers[i].inputByteCount
      if i > 0 { layers[i - 1].outputOffset = layers[i].inputOffset }
    }
    layers[count - 1].outputOffset = 0
  }

  /// Refuses a plan that breaks the rules of FORMAT.md's section Memory. Other plans than `planMemory`'s may stand in a file.
  func checkMemory() throws(ThimbleError) {
    let count = Int(header.layerCount)
    var canonical = self
    canonical.planMemory()
    try require(header.arena.fixed, .equal, canonical.header.arena.fixed, "arena: fixed bytes")
    try require(header.arena.image, .atMost, 1 << 30, "arena: bytes an image")
    try require(header.arena.image, .multipleOf, 64, "arena: bytes an image")
    try require(header.arena.worker, .equal, 0, "arena: bytes a worker")
    for i in 0..<count {
      let layer = layers[i]
      try require(layer.inputOffset, .multipleOf, 64, "input offset", layer: i)
      if i > 0 { try require(layer.inputOffset, .equal, layers[i - 1].outputOffset, "input offset", layer: i) }
      try requireInside(layer.inputOffset, layer.inputByteCount, "input offset", layer: i)
      if i == count - 1 { break }
      let following = layers[i + 1].inputByteCount
      try require(layer.outputOffset, .multipleOf, 64, "output offset", layer: i)
      try requireInside(layer.outputOffset, following, "output offset", layer: i)
      let apart =
        layer.outputOffset + following <= layer.inputOffset
        || layer.inputOffset + layer.inputByteCount <= layer.outputOffset
      if !apart {
        throw ThimbleError(.format, "output offset, inside of the input", layer: i, found: layer.outputOffset)
      }
    }
    try require(layers[count - 1].outputOffset, .equal, 0, "output offset", layer: count - 1)
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
