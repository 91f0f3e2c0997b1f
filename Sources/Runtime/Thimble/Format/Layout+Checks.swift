// What format.md says that a reader refuses in the header and in the records, except for the plan of the memory.

/// Throws unless `found` stands to `wanted` as it should.
package func require(
  _ found: UInt64, _ relation: ThimbleError.Relation, _ wanted: UInt64, _ field: StaticString, layer: Int = -1,
  code: ThimbleError.Code = .format
) throws(ThimbleError) {
  let holds =
    switch relation {
    case .equal: found == wanted
    case .atMost: found <= wanted
    case .atLeast: found >= wanted
    case .multipleOf: found % wanted == 0
    case .below: found < wanted
    case .other: false
    }
  if !holds { throw ThimbleError(code, field, layer: layer, found: found, relation, wanted) }
}

extension Layout {
  /// Refuses what is wrong with the shapes and the encodings.
  @inline(never)
  func checkGeometry() throws(ThimbleError) {
    try require(UInt64(header.latentLength), .atLeast, 1, "latent length")
    try require(UInt64(header.latentLength), .atMost, 1024, "latent length")
    try require(UInt64(header.distribution), .atMost, 1, "latent distribution", code: .unsupported)
    try require(UInt64(header.classCount), .below, UInt64(header.latentLength), "class count")
    try requireSide(header.image.height, "image height")
    try requireSide(header.image.width, "image width")
    try require(UInt64(header.image.channels), .atLeast, 1, "image channels")
    try require(UInt64(header.image.channels), .atMost, 4, "image channels")
    try require(UInt64(header.layerCount), .atLeast, 2, "layer count")
    try require(UInt64(header.layerCount), .atMost, UInt64(Self.mostLayers), "layer count")
    try require(header.metadataByteCount, .atMost, 65_536, "byte count of the metadata")
    var (reads, shape) = (LayerInput.latent, latentShape)
    let count = Int(header.layerCount)
    for i in 0..<count {
      let layer = record(i)
      try layer.check(i, isLast: i == count - 1, reads: reads, shape)
      (reads, shape) = (.map, layer.output)
    }
    try require(UInt64(header.image.height), .equal, UInt64(shape.height), "image height")
    try require(UInt64(header.image.width), .equal, UInt64(shape.width), "image width")
    try require(UInt64(header.image.channels), .equal, UInt64(shape.channels), "image channels")
  }

  /// Refuses offsets and byte counts that are not the canonical ones.
  @inline(never)
  func checkSections() throws(ThimbleError) {
    var wanted = self
    wanted.placeSections()
    try require(header.outputTableOffset, .equal, wanted.header.outputTableOffset, "offset of the output table")
    for i in 0..<Int(header.layerCount) {
      let (found, wanted) = (record(i), wanted.record(i))
      try require(found.weightsByteCount, .equal, wanted.weightsByteCount, "byte count of the weights", layer: i)
      try require(found.weightsOffset, .equal, wanted.weightsOffset, "offset of the weights", layer: i)
      try require(found.biasesOffset, .equal, wanted.biasesOffset, "offset of the biases", layer: i)
      try require(found.multipliersOffset, .equal, wanted.multipliersOffset, "offset of the multipliers", layer: i)
    }
    try require(header.metadataOffset, .equal, wanted.header.metadataOffset, "offset of the metadata")
    try require(header.fileByteCount, .equal, wanted.header.fileByteCount, "file byte count")
  }
}

private func requireSide(_ side: UInt32, _ field: StaticString, layer: Int = -1) throws(ThimbleError) {
  try require(UInt64(side), .atLeast, 1, field, layer: layer)
  try require(UInt64(side), .atMost, 1024, field, layer: layer)
}

extension LayerRecord {
  /// Refuses what is wrong with a record, places apart. `expected` is the latent, or what the layer before gives.
  func check(_ index: Int, isLast: Bool, reads: LayerInput, _ expected: MapShape) throws(ThimbleError) {
    if kind.input != reads {
      try require(UInt64(kind.rawValue), .equal, UInt64(reads.usualKind.rawValue), "kind", layer: index)
    }
    try require(UInt64(epilogue.rawValue), .equal, isLast ? 1 : 0, "epilogue", layer: index)
    try require(UInt64(input.height), .equal, UInt64(expected.height), "input height", layer: index)
    try require(UInt64(input.width), .equal, UInt64(expected.width), "input width", layer: index)
    try require(UInt64(input.channels), .equal, UInt64(expected.channels), "input channels", layer: index)
    try requireSide(output.height, "output height", layer: index)
    try requireSide(output.width, "output width", layer: index)
    try require(UInt64(output.channels), .atLeast, 1, "output channels", layer: index)
    try require(UInt64(output.channels), .atMost, 4096, "output channels", layer: index)
    try checkParameters(index)
    let implied = impliedOutput
    try require(UInt64(output.height), .equal, UInt64(implied.height), "output height", layer: index)
    try require(UInt64(output.width), .equal, UInt64(implied.width), "output width", layer: index)
    try require(
      UInt64(weightEncoding.rawValue), .atMost, isLast ? 0 : 1, "weight encoding", layer: index, code: .unsupported)
    try require(UInt64(packing), .equal, 0, "packing", layer: index, code: .unsupported)
    try require(UInt64(shift), .atLeast, 1, "shift", layer: index)
    try require(UInt64(shift), .atMost, 62, "shift", layer: index)
  }
}
