import Thimble

/// SHA-256 as the 64 lower-case hexadecimal digits that files and messages show.
package enum Digest {
  /// The digest of some bytes.
  package static func hexadecimal(_ bytes: UnsafeRawBufferPointer) -> String {
    var digest = SHA256()
    unsafe digest.update(bytes.bytes)
    return hexadecimal(digest.finalize())
  }

  /// The digits of a finished digest.
  package static func hexadecimal(_ digest: InlineArray<32, UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    for i in 0..<32 { text += [digits[Int(digest[i] >> 4)], digits[Int(digest[i] & 15)]] }
    return String(decoding: text, as: UTF8.self)
  }
}
