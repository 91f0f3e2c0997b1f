/// The caller's block of memory: zeros, then the latents and maps of one image after the other.
@safe struct Arena {
  let zeros: UnsafeMutablePointer<UInt8>
  let firstImage: UnsafeMutablePointer<UInt8>
  let imageStride: Int

  /// Checks a block for its size and alignment, and writes the zeros.
  init(
    _ bytes: UnsafeMutableRawBufferPointer, _ counts: ArenaByteCounts, images: Int, workers: Int
  ) throws(ThimbleError) {
    try Self.requireCount(images, "images")
    try Self.requireCount(workers, "workers")
    guard let wanted = counts.byteCount(images: images, workers: workers) else {
      throw ThimbleError(.arguments, "images, more than memory can hold", found: UInt64(images))
    }
    try require(UInt64(bytes.count), .atLeast, UInt64(wanted), "arena", code: .memory)
    try require(UInt64(UInt(bitPattern: bytes.baseAddress)), .multipleOf, 64, "address of the arena", code: .memory)
    // An arena is never empty, since it holds a latent: the address is there.
    unsafe zeros = bytes.baseAddress!.assumingMemoryBound(to: UInt8.self)
    unsafe zeros.initialize(repeating: 0, count: Int(counts.fixed))
    unsafe firstImage = zeros + Int(counts.fixed)
    imageStride = Int(counts.image)
  }

  private static func requireCount(_ count: Int, _ field: StaticString) throws(ThimbleError) {
    try require(UInt64(clamping: count), .atLeast, 1, field, code: .arguments)
    try require(UInt64(clamping: count), .atMost, 65_536, field, code: .arguments)
  }
}
