import Testing
import ThimbleData

@Suite struct AnimatedPNGTests {
  private struct Chunk {
    var kind: String
    var content: [UInt8]
  }

  private func number(_ bytes: ArraySlice<UInt8>) -> Int { bytes.reduce(0) { $0 << 8 | Int($1) } }

  /// CRC-32 bit by bit (PNG specification, annex D).
  private func crc(_ bytes: ArraySlice<UInt8>) -> Int {
    var crc: UInt32 = .max
    for byte in bytes {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
    }
    return Int(~crc)
  }

  private func chunks(_ file: [UInt8]) -> [Chunk] {
    #expect(file.prefix(8) == [137, 80, 78, 71, 13, 10, 26, 10])
    var (chunks, at) = ([Chunk](), 8)
    while at < file.count {
      let length = number(file[at..<(at + 4)])
      #expect(number(file[(at + 8 + length)..<(at + 12 + length)]) == crc(file[(at + 4)..<(at + 8 + length)]))
      chunks.append(
        Chunk(
          kind: String(decoding: file[(at + 4)..<(at + 8)], as: UTF8.self),
          content: Array(file[(at + 8)..<(at + 8 + length)])))
      at += 12 + length
    }
    return chunks
  }

  /// Catches: frames in another order or of other pixels, sequence numbers with holes, a wrong size or rate.
  @Test(arguments: [1, 3]) func frames(channels: Int) {
    let (width, height, count) = (5, 4, 3)
    let size = width * height * channels
    let pixels = (0..<(count * size)).map { UInt8(truncatingIfNeeded: $0 &* 37) }
    let found = chunks(
      AnimatedPNG.encoded(pixels, width: width, height: height, channels: channels, framesPerSecond: 300))
    #expect(found.map(\.kind) == ["IHDR", "acTL", "fcTL", "IDAT", "fcTL", "fdAT", "fcTL", "fdAT", "IEND"])
    #expect(found[1].content == [0, 0, 0, 3, 0, 0, 0, 0])
    let numbered = found.filter { ["fcTL", "fdAT"].contains($0.kind) }
    #expect(numbered.map { number($0.content.prefix(4)) } == [0, 1, 2, 3, 4])
    for control in found where control.kind == "fcTL" {
      let fields = [0, 0, 0, 5, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 44, 0, 0].map { UInt8($0) }
      #expect(Array(control.content.dropFirst(4)) == fields)
    }
    let data = [found[3].content] + [5, 7].map { Array(found[$0].content.dropFirst(4)) }
    for frame in 0..<count {
      let alone = pixels[(frame * size)..<((frame + 1) * size)].withUnsafeBytes {
        PNGWriter.encoded($0, width: width, height: height, channels: channels)
      }
      let single = chunks(alone)
      #expect(single[1].content == data[frame] && single[0].content == found[0].content)
    }
  }
}
