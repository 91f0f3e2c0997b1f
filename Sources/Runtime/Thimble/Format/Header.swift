/// The header of a file, field by field as docs/reference/format.md lists them.
package struct Header: Equatable, Sendable {
  /// Bytes of the header, and of each layer's record.
  package static let byteCount = 128
  /// "THIMBLE", 0x1A, as a little-endian number.
  static let magic: UInt64 = 0x1A45_4C42_4D49_4854

  /// The minor version that a file says it has, at most `Layout.newestMinorVersion`. `Layout.write` writes the oldest that knows what the records use.
  package var minorVersion: UInt32 = 0
  /// CRC-32C of all other bytes; `Layout.seal` computes it.
  package var checksum: UInt32 = 0
  /// Bytes of the whole file.
  package var fileByteCount: UInt64 = 0
  /// Numbers of a latent.
  package var latentLength: UInt32 = 0
  /// The raw value of a `LatentDistribution`.
  package var distribution: UInt32 = 0
  /// The image, without padding.
  package var image = MapShape(height: 0, width: 0, channels: 0)
  /// Layers, 2 to 16.
  package var layerCount: UInt32 = 0
  /// Working memory.
  package var arena = ArenaByteCounts()
  /// Where the metadata are in the file.
  package var metadataOffset: UInt64 = 0
  /// Bytes of the metadata.
  package var metadataByteCount: UInt64 = 0
  /// Where the output table is in the file.
  package var outputTableOffset: UInt64 = 0
  /// Classes, which the last numbers of a latent tell; 0: none.
  package var classCount: UInt32 = 0

  init() {}

  /// Reads the fields after magic and major version. `bytes` holds at least a header.
  init(_ bytes: UnsafeRawBufferPointer) {
    minorVersion = unsafe bytes.word(8) >> 16
    checksum = unsafe bytes.word(12)
    fileByteCount = unsafe bytes.long(16)
    (latentLength, distribution) = unsafe (bytes.word(24), bytes.word(28))
    image = unsafe MapShape(height: bytes.word(32), width: bytes.word(36), channels: bytes.word(40))
    layerCount = unsafe bytes.word(44)
    arena = unsafe ArenaByteCounts(fixed: bytes.long(48), image: bytes.long(56), worker: bytes.long(64))
    (metadataOffset, metadataByteCount, outputTableOffset) = unsafe (bytes.long(72), bytes.long(80), bytes.long(88))
    classCount = unsafe bytes.word(96)
  }

  /// Writes all 128 bytes.
  func write(to bytes: UnsafeMutableRawBufferPointer) {
    for offset in stride(from: 0, to: Self.byteCount, by: 8) { unsafe bytes.setLong(offset, 0) }
    unsafe bytes.setLong(0, Self.magic)
    unsafe bytes.setWord(8, minorVersion << 16 | 1)
    unsafe bytes.setWord(12, checksum)
    unsafe bytes.setLong(16, fileByteCount)
    unsafe bytes.setWord(24, latentLength)
    unsafe bytes.setWord(28, distribution)
    unsafe bytes.setWord(32, image.height)
    unsafe bytes.setWord(36, image.width)
    unsafe bytes.setWord(40, image.channels)
    unsafe bytes.setWord(44, layerCount)
    unsafe bytes.setLong(48, arena.fixed)
    unsafe bytes.setLong(56, arena.image)
    unsafe bytes.setLong(64, arena.worker)
    unsafe bytes.setLong(72, metadataOffset)
    unsafe bytes.setLong(80, metadataByteCount)
    unsafe bytes.setLong(88, outputTableOffset)
    unsafe bytes.setWord(96, classCount)
  }
}
