import ThimbleKernelInterface

/// The header and the records of a file. All offsets follow from the geometry, by the same lines for whoever writes a file and
/// whoever reads one.
///
/// To write a file: make a layout, append the layers, `finish`; then allocate `header.fileByteCount` zeros aligned to 64,
/// `write` the layout there, put the output table, weights, biases, multipliers and metadata at their offsets, and `seal`.
package struct Layout: Sendable {
  /// The most layers that a file may have.
  package static let mostLayers = 16
  /// Entries, and bytes, of the output table.
  package static let outputTableByteCount: UInt64 = 4096

  /// The file's header.
  package var header = Header()
  /// The first `header.layerCount` count.
  package var layers = InlineArray<16, LayerRecord>(repeating: LayerRecord())

  /// A layout without layers.
  /// - Parameter classes: how many of the latent's numbers, the last ones, tell a class.
  package init(latentLength: UInt32, distribution: LatentDistribution, classes: UInt32 = 0) {
    (header.latentLength, header.distribution) = (latentLength, distribution.rawValue)
    header.classCount = classes
  }

  init(header: Header) { self.header = header }

  /// What the first layer reads, as a map.
  var latentShape: MapShape { MapShape(height: 1, width: 1, channels: header.latentLength) }

  /// The layer that reads the latent: the first one.
  var latentLayer: LayerRecord { record(0) }

  /// Adds a layer that reads what is there so far. The kinds have functions of their own for this.
  mutating func append(_ layer: LayerRecord) throws(ThimbleError) {
    let index = Int(header.layerCount)
    try require(UInt64(index), .below, UInt64(Self.mostLayers), "layer count")
    var layer = layer
    layer.input = latentShape
    for i in 0..<index { layer.input = record(i).output }
    try layer.checkParameters(index)
    // A side below 1 becomes 0, which the check of the whole layout refuses.
    layer.output = layer.impliedOutput
    layers[index] = layer
    header.layerCount += 1
  }

  /// Ends the list of layers: the last one writes the image. Places all sections, and all maps as whole layers, and checks
  /// everything.
  package mutating func finish(metadataByteCount: UInt64) throws(ThimbleError) {
    try require(UInt64(header.layerCount), .atLeast, 2, "layer count")
    let last = Int(header.layerCount) - 1
    layers[last].epilogue = .outputTable
    header.image = layers[last].output
    header.metadataByteCount = metadataByteCount
    try checkGeometry()
    planWholeLayers()
    placeSections()
    try checkMemory()
    try require(header.fileByteCount, .atMost, 1 << 30, "file byte count")
  }

  /// Fills in the places of all sections and the size of the file.
  mutating func placeSections() {
    var end = UInt64(Header.byteCount) * (1 + UInt64(header.layerCount))
    func place(_ byteCount: UInt64) -> UInt64 {
      let offset = roundedUp(end, 64)
      end = offset + byteCount
      return offset
    }
    header.outputTableOffset = place(Self.outputTableByteCount)
    for i in 0..<Int(header.layerCount) {
      layers[i].weightsByteCount = layers[i].packedWeightsByteCount
      layers[i].weightsOffset = place(layers[i].weightsByteCount)
      layers[i].biasesOffset = place(layers[i].channelCount * 4)
      layers[i].multipliersOffset = place(layers[i].channelCount * 4)
    }
    header.metadataOffset = place(header.metadataByteCount)
    header.fileByteCount = roundedUp(end, 64)
  }

  /// A record. Out of line, since code that reads `layers[i]` has a copy of all 16 on its stack, and of that there is 32 KB.
  @inline(never)
  package func record(_ index: Int) -> LayerRecord { layers[index] }

  /// The newest minor version of the format that is read.
  static let newestMinorVersion: UInt32 = 2

  /// 0 for whole layers of int8 weights without classes, of the first kinds, since readers of 1.0 can run them.
  private var leastMinorVersion: UInt32 {
    var version: UInt32 = header.classCount > 0 ? 2 : 0
    for i in 0..<Int(header.layerCount) {
      let layer = record(i)
      if layer.schedule != .wholeLayer || layer.weightEncoding != .int8 { version = max(version, 1) }
      version = max(version, layer.kind.minorVersion)
    }
    return version
  }

  /// Writes header and records to the beginning of a file's bytes.
  package func write(to bytes: UnsafeMutableRawBufferPointer) {
    precondition(UInt64(bytes.count) == header.fileByteCount)
    var header = header
    header.minorVersion = leastMinorVersion
    unsafe header.write(to: bytes)
    for i in 0..<Int(header.layerCount) { unsafe layers[i].write(to: bytes, at: Header.byteCount * (i + 1)) }
  }

  /// Puts the CRC-32C of a whole file into it: the last step of whoever writes one.
  package static func seal(_ bytes: UnsafeMutableRawBufferPointer) {
    unsafe bytes.setWord(12, checksum(UnsafeRawBufferPointer(bytes), .detected))
  }

  /// CRC-32C of all bytes but the four that hold it.
  static func checksum(_ bytes: UnsafeRawBufferPointer, _ set: InstructionSet) -> UInt32 {
    guard let base = bytes.baseAddress else { return 0 }
    let kernels = set.kernels
    let start = unsafe kernels.crc32c(0xFFFF_FFFF, base, 12)
    return unsafe ~kernels.crc32c(start, base + 16, bytes.count - 16)
  }
}
