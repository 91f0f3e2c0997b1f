import ThimbleKernelInterface

extension Layout {
  /// Reads and checks a whole file: everything that format.md says a reader refuses; then puts another plan in place of its
  /// own if asked. What it returns can be run without another look.
  init(
    validating bytes: UnsafeRawBufferPointer, _ set: InstructionSet, _ plan: MemoryPlan
  ) throws(ThimbleError) {
    let set = try set.checked()
    try require(UInt64(UInt(bitPattern: bytes.baseAddress)), .multipleOf, 64, "address of the model", code: .memory)
    try require(UInt64(bytes.count), .atLeast, UInt64(Header.byteCount), "byte count")
    try unsafe require(bytes.long(0), .equal, Header.magic, "magic")
    try unsafe require(UInt64(bytes.word(8) & 0xFFFF), .equal, 1, "major version", code: .unsupported)
    try unsafe require(
      UInt64(bytes.word(8) >> 16), .atMost, UInt64(Self.newestMinorVersion), "minor version", code: .unsupported)
    unsafe self.init(header: Header(bytes))
    try require(header.fileByteCount, .equal, UInt64(bytes.count), "file byte count")
    try require(header.fileByteCount, .atMost, 1 << 30, "file byte count")
    try unsafe require(UInt64(header.checksum), .equal, UInt64(Self.checksum(bytes, set)), "CRC-32C")
    try unsafe readRecords(bytes)
    try unsafe checkAll(bytes, set)
    if plan == .wholeLayers {
      planWholeLayers()
      try require(header.arena.image, .atMost, 1 << 30, "arena: bytes an image, as whole layers", code: .memory)
    }
  }

  /// All but magic, versions, size and checksum. Not mutating, and these all out of line, so that the layout goes from hand
  /// to hand by its address: each copy of it takes 2 KB of stack.
  @inline(never)
  private func checkAll(_ bytes: UnsafeRawBufferPointer, _ set: InstructionSet) throws(ThimbleError) {
    try checkGeometry()
    try checkMemory()
    try checkSections()
    try unsafe checkGaps(bytes)
    for i in 0..<Int(header.layerCount) { try unsafe record(i).checkNumbers(bytes, set, i) }
  }

  /// Reads the records, which must lie inside of the file, and refuses reserved bytes.
  @inline(never)
  private mutating func readRecords(_ bytes: UnsafeRawBufferPointer) throws(ThimbleError) {
    if unsafe !bytes.isZero((header.minorVersion < 2 ? 96 : 100)..<128) {
      throw ThimbleError(.unsupported, "reserved bytes")
    }
    try require(UInt64(header.layerCount), .atMost, UInt64(Self.mostLayers), "layer count")
    let end = Header.byteCount * (Int(header.layerCount) + 1)
    try require(UInt64(bytes.count), .atLeast, UInt64(end), "byte count")
    let count = Int(header.layerCount)
    for i in 0..<count {
      let offset = Header.byteCount * (i + 1)
      try unsafe LayerRecord.checkVersion(header.minorVersion, bytes, at: offset, index: i)
      layers[i] = try unsafe LayerRecord(bytes, at: offset, index: i, isLast: i == count - 1)
    }
  }

  /// Refuses anything but zeros between the sections. Their offsets are the canonical ones.
  @inline(never)
  private func checkGaps(_ bytes: UnsafeRawBufferPointer) throws(ThimbleError) {
    var end = header.outputTableOffset + Self.outputTableByteCount
    func gap(to next: UInt64) throws(ThimbleError) {
      if unsafe !bytes.isZero(Int(end)..<Int(next)) {
        throw ThimbleError(.format, "bytes between the sections", found: end)
      }
    }
    for i in 0..<Int(header.layerCount) {
      let layer = record(i)
      try gap(to: layer.weightsOffset)
      end = layer.weightsOffset + layer.weightsByteCount
      try gap(to: layer.biasesOffset)
      end = layer.biasesOffset + layer.channelCount * 4
      try gap(to: layer.multipliersOffset)
      end = layer.multipliersOffset + layer.channelCount * 4
    }
    try gap(to: header.metadataOffset)
    end = header.metadataOffset + header.metadataByteCount
    try gap(to: header.fileByteCount)
  }
}

extension LayerRecord {
  /// Refuses forbidden weights and multipliers, and numbers for channels that do not exist. All sections lie inside.
  fileprivate func checkNumbers(
    _ bytes: UnsafeRawBufferPointer, _ set: InstructionSet, _ index: Int
  ) throws(ThimbleError) {
    let weights = unsafe UnsafeRawBufferPointer(rebasing: bytes[Int(weightsOffset)...].prefix(Int(weightsByteCount)))
    if weightEncoding == .int4 {
      try unsafe checkInt4(weights, index)
    } else {
      if unsafe set.kernels.containsLeastInt8(weights.baseAddress!, weights.count) {
        throw ThimbleError(.format, "weights, -128", layer: index)
      }
      if unsafe holdsUnusedInputs(weights) || holdsUnusedOutputs(weights) {
        throw ThimbleError(.format, "weights, for channels that do not exist", layer: index)
      }
    }
    for channel in 0..<Int(channelCount) {
      let multiplier = unsafe bytes.word(Int(multipliersOffset) + 4 * channel)
      try require(UInt64(multiplier), .below, 1 << 31, "multipliers", layer: index)
      if channel % Int(output.positionStride) < Int(output.channels) { continue }
      let bias = unsafe bytes.word(Int(biasesOffset) + 4 * channel)
      if bias != 0 { throw ThimbleError(.format, "biases, for channels that do not exist", layer: index) }
      if multiplier != 0 { throw ThimbleError(.format, "multipliers, for channels that do not exist", layer: index) }
    }
  }

  /// Weights other than 0 in the input groups' filling.
  private func holdsUnusedInputs(_ weights: UnsafeRawBufferPointer) -> Bool {
    let groups = Int(inputGroups)
    let first = Int(input.channels)
    guard first < groups * 4 else { return false }
    for row in Swift.stride(from: 0, to: weights.count, by: groups * 64) {
      for at in row + first / 4 * 64..<row + groups * 64 where unsafe weights[at] != 0 {
        if (at - row) / 64 * 4 + at % 4 >= first { return true }
      }
    }
    return false
  }

  /// Weights other than 0 in the last block's filling.
  private func holdsUnusedOutputs(_ weights: UnsafeRawBufferPointer) -> Bool {
    let used = Int(output.channels) % 16 * 4
    guard used != 0 else { return false }
    let rowByteCount = Int(inputGroups) * 64
    return anyRow(ofLastBlock: weights.count / rowByteCount) { row in
      for step in Swift.stride(from: row * rowByteCount, to: (row + 1) * rowByteCount, by: 64) {
        for at in step + used..<step + 64 where unsafe weights[at] != 0 { return true }
      }
      return false
    }
  }
}
