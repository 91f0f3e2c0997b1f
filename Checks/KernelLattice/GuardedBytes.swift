/// A buffer aligned to 64 with guard bytes on both sides, for tests of code that writes through pointers.
package final class GuardedBytes {
  private static let guardCount = 256
  private let all: UnsafeMutableRawBufferPointer
  private let guardByte: UInt8

  package init(_ count: Int, guardByte: UInt8 = 0xA5, fill: UInt8 = 0) {
    all = .allocate(byteCount: count + 2 * Self.guardCount, alignment: 64)
    self.guardByte = guardByte
    all.initializeMemory(as: UInt8.self, repeating: guardByte)
    bytes.initializeMemory(as: UInt8.self, repeating: fill)
  }

  deinit { all.deallocate() }

  package var bytes: UnsafeMutableRawBufferPointer {
    .init(rebasing: all.dropFirst(Self.guardCount).dropLast(Self.guardCount))
  }
  package var raw: UnsafeRawBufferPointer { UnsafeRawBufferPointer(bytes) }
  package var contents: [UInt8] { Array(bytes) }

  package func pointer<T>(_ type: T.Type) -> UnsafeMutablePointer<T> {
    bytes.baseAddress!.assumingMemoryBound(to: type)
  }

  /// Whether nothing was written outside.
  package var isIntact: Bool {
    let wanted = SIMD64(repeating: guardByte)
    for start in [0, all.count - Self.guardCount] {
      for at in stride(from: start, to: start + Self.guardCount, by: 64)
      where all.loadUnaligned(fromByteOffset: at, as: SIMD64<UInt8>.self) != wanted { return false }
    }
    return true
  }
}

/// A small generator of test numbers (SplitMix64).
package struct TestRandom: RandomNumberGenerator {
  package var state: UInt64
  package init(_ seed: UInt64) { state = seed }
  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    return z ^ z >> 31
  }
}
