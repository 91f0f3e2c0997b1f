import ThimbleStorage

/// The digests of a run's numbers, in its folder: lines of `DIGEST  STEP`, so that a run which was interrupted still knows what it
/// passed.
struct DigestLog {
  let path: String
  private(set) var digests: [Int: String] = [:]

  /// Opens the log of a run that stands at `step`: what was written of later steps will be computed again.
  init(path: String, upTo step: Int) {
    self.path = path
    guard let bytes = try? MappedFile(path: path, links: .refuse).contents() else { return }
    for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
      let words = line.split(separator: " ")
      guard words.count == 2, let number = Int(words[1]), number <= step else { continue }
      if Digest.isHexadecimal(String(words[0])) { digests[number] = String(words[0]) }
    }
  }

  /// Adds the digest after a step.
  mutating func add(_ digest: String, after step: Int) throws(FileError) {
    digests[step] = digest
    let lines = digests.sorted { $0.key < $1.key }.map { "\($0.value)  \($0.key)\n" }
    try AtomicFile.write(lines.joined(), to: path, links: .refuse)
  }
}
