import SamplerSupport
import ThimbleStorage

/// Seeds whose images show one thing, as a user picked them: a text file of seeds, `85, 265` or `600-605`, in any number of lines;
/// what follows a `#` is a remark.
package struct Concept: Sendable {
  package let name: String
  package let seeds: [UInt64]

  /// As many as averages are made of at least: single samples are unstable (paper, section 6.3.2).
  package static let fewest = 3
  private static let most = 10_000

  /// Reads `path`. Throws `missing`, `inputOutput` or `badData`.
  package init(name: String, path: String) throws(FileError) {
    let file = try MappedFile(path: path)
    defer { withExtendedLifetime(file) {} }
    func bad(_ field: String, _ found: String) -> FileError {
      FileError(
        .badData, file: path, field: field, found: found, wanted: "1 to \(Self.most) seeds, such as 85, 265 or 600-605",
        advice: "Choose seeds from a sheet made with `--sheet`, and write their numbers into the file.")
    }
    guard unsafe file.bytes.count < 1 << 20 else { throw bad("size", unsafe "\(file.bytes.count) bytes") }
    var seeds: [UInt64] = []
    for (number, line) in unsafe String(decoding: file.bytes, as: UTF8.self).split(
      separator: "\n", omittingEmptySubsequences: false
    ).enumerated() {
      let text = line.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)[0]
      for word in text.split(whereSeparator: { $0 == "," || $0.isWhitespace }) {
        guard let part = Self.seeds(String(word)), seeds.count + part.count <= Self.most else {
          throw bad("line \(number + 1)", "\"\(word)\"")
        }
        seeds += part
      }
    }
    guard !seeds.isEmpty else { throw bad("seeds", "none") }
    (self.name, self.seeds) = (name, seeds)
  }

  private static func seeds(_ word: String) -> [UInt64]? {
    var word = word
    return word.withUTF8 { text in
      guard let count = unsafe SeedRanges.count(text), count <= most else { return nil }
      var (ranges, seeds) = unsafe (SeedRanges(text), [UInt64]())
      while let range = ranges.next() { seeds += range }
      return seeds
    }
  }
}
