import Testing
import Thimble

/// The instruction sets that this build and this machine have.
let testedSets = InstructionSet.allCases.filter { $0.isBuiltIn && $0.isOffered }

@Suite struct ChecksumTests {
  @Test func someSetsAreTested() { #expect(testedSets.contains(.portable)) }

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
}
