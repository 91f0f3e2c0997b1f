import Testing
import Thimble
import ThimbleKernels

/// The instruction sets that this build and this machine have.
let testedSets = InstructionSet.allCases.filter { $0.isBuiltIn && $0.isOffered }

@Suite struct ChecksumTests {
  static func hex(_ digest: InlineArray<32, UInt8>) -> String {
    digest.span.indices.map { i in
      let text = String(digest[i], radix: 16)
      return text.count == 1 ? "0" + text : text
    }.joined()
  }

  /// FIPS 180-4's examples.
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
    (String(repeating: "a", count: 1_000_000), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
  ])
  func sha256(text: String, digest: String) {
    var whole = SHA256()
    whole.update(Array(text.utf8).span.bytes)
    #expect(Self.hex(whole.finalize()) == digest)
  }

  /// The check value of the CRC catalogue, and the vectors of RFC 3720, appendix B.4.
  @Test(arguments: testedSets) func crc32c(set: InstructionSet) {
    func crc(_ bytes: [UInt8]) -> UInt32 { ~bytes.withUnsafeBytes { set.crc32c(~0, $0.baseAddress!, $0.count) } }
    #expect(crc(Array("123456789".utf8)) == 0xE306_9283)
    #expect(crc([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
    #expect(crc([UInt8](repeating: 0xFF, count: 32)) == 0x62A8_AB43)
    #expect(crc(Array(0..<32)) == 0x46DD_794E)
    var random = TestRandom(3)
    for count in [1, 7, 8, 9, 63, 64, 65, 1000] {
      let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
      #expect(crc(bytes) == ~bytes.withUnsafeBytes { crc32cReference(~0, $0.baseAddress!, $0.count) })
    }
  }

  @Test(arguments: testedSets) func theForbiddenWeightIsFoundWhereverItIs(set: InstructionSet) {
    for count in [1, 63, 64, 65, 200] {
      var bytes = [Int8](repeating: -127, count: count)
      #expect(!bytes.withUnsafeBytes { set.containsLeastInt8($0.baseAddress!, count) })
      for at in 0..<count {
        bytes[at] = -128
        #expect(bytes.withUnsafeBytes { set.containsLeastInt8($0.baseAddress!, count) })
        bytes[at] = -127
      }
    }
  }
}
