import Foundation
import Thimble
import ThimbleNetworks
import ThimbleStorage

/// A model as C source: an array that is aligned to 64, and its size. C99, and C++.
package struct SourceText {
  private let name: String

  /// - Parameter name: the array's, one that `refusal` has nothing against.
  package init(name: String) { self.name = name }

  /// Why an array cannot have this name, as part of a sentence; nil if it can.
  package static func refusal(ofName text: String) -> String? {
    func isLetter(_ c: UInt8) -> Bool { (65...90).contains(c) || (97...122).contains(c) || c == 95 }
    guard let first = text.utf8.first, isLetter(first),
      text.utf8.allSatisfy({ isLetter($0) || (48...57).contains($0) })
    else { return "C names have letters, digits and _, and no digit at the beginning" }
    if text.utf8.count > 63 { return "it is longer than 63 characters" }
    return ReservedNames.reason(text)
  }

  /// Writes the whole file.
  package func write(_ model: borrowing Model, to output: borrowing AtomicFile) throws(FileError) {
    try output.write(beginning(model))
    // In pieces: the text is more than three times as long as the model.
    var start = 0
    while unsafe start < model.bytes.count {
      let end = unsafe min(start + 1 << 16, model.bytes.count)
      let text = unsafe numbers(UnsafeRawBufferPointer(rebasing: model.bytes[start..<end]))
      try unsafe text.span.withUnsafeBytes { bytes throws(FileError) in try unsafe output.write(bytes) }
      start = end
    }
    try output.write("};\nconst size_t \(name)_byte_count = sizeof \(name);\n")
  }

  /// The comment and the declarations.
  private func beginning(_ model: borrowing Model) -> String {
    let (header, shape) = (model.layout.header, model.imageShape)
    let metadata = unsafe try? JSONSerialization.jsonObject(with: Data(model.metadata)) as? [String: Any]
    var lines = [
      "image: u8 [\(shape.height)][\(shape.width)][\(shape.channels)]",
      "latent: \(model.latentLength) numbers, \(model.distribution.name)",
      unsafe "file: \(model.bytes.count) bytes, format 1.\(header.minorVersion), SHA-256 \(Digest.hexadecimal(model.bytes))",
      "arena: \(header.arena.fixed + header.arena.image) bytes for an image at a time",
    ]
    for (key, title) in [
      ("name", "name"), ("data_name", "data"), ("data_licence", "licence of the data"),
      ("data_digest", "digest of the data"),
    ] {
      if let value = metadata?[key] { lines.append("\(title): \(Self.comment("\(value)"))") }
    }
    return unsafe """
    /*
     * A generator of images, as a .thimble file in memory, for thimble_model_open.
     *
    \(lines.map { " * \($0)\n" }.joined()) *
     * Made by `thimble bundle --emit c`. To use it elsewhere:
     *
     *     extern const unsigned char \(name)[\(model.bytes.count)];
     *     extern const size_t \(name)_byte_count;
     */
    #include <stddef.h>

    #if defined(__cplusplus)
    extern "C" const unsigned char \(name)[\(model.bytes.count)];
    extern "C" const size_t \(name)_byte_count;
    #else
    extern const unsigned char \(name)[\(model.bytes.count)];
    extern const size_t \(name)_byte_count;
    #endif

    #if defined(__GNUC__)
    __attribute__((aligned(64)))
    #elif defined(_MSC_VER)
    __declspec(align(64))
    #elif defined(__cplusplus)
    alignas(64)
    #else
    _Alignas(64)
    #endif
    const unsigned char \(name)[\(model.bytes.count)] = {

    """
  }

  /// Text of a file, cut, fit for one line of a comment: nothing in it ends the comment or begins another.
  private static func comment(_ text: String) -> String {
    FileError.printable(String(text.prefix(200))).replacingOccurrences(of: "*/", with: "* /")
      .replacingOccurrences(of: "/*", with: "/ *").replacingOccurrences(of: "??/", with: "?? /")
  }

  /// 32 numbers a line, each with a comma.
  private func numbers(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity(4 * bytes.count)
    for index in 0..<bytes.count {
      let byte = unsafe bytes[index]
      if byte >= 100 { text.append(48 + byte / 100) }
      if byte >= 10 { text.append(48 + byte / 10 % 10) }
      text.append(48 + byte % 10)
      text.append(UInt8(ascii: ","))
      if index % 32 == 31 || index + 1 == bytes.count { text.append(UInt8(ascii: "\n")) }
    }
    return text
  }
}
