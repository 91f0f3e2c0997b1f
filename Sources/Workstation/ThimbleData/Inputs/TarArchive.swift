import ThimbleStorage

/// The files in a tar archive, read through its mapping: ustar, GNU's long names, pax paths and sizes (POSIX.1-2001, pax interchange
/// format). Links to files in the archive are files too.
package struct TarArchive: Sendable {
  /// A file in the archive.
  package struct Member: Sendable {
    /// The path without leading "./" and "/".
    package var name: String
    /// Where its bytes lie in the archive.
    package var range: Range<Int>
  }

  /// In the order of the archive; links after the plain files.
  package private(set) var members: [Member] = []
  /// Links that lead to nothing in the archive, devices, and other entries that are neither files nor folders.
  private(set) var leftOut: [LeftOut] = []
  /// Whether the mark is there that ends an archive; without it, the archive may be cut between two files.
  private(set) var hasEnd = false
  let file: MappedFile
  /// What errors call it.
  private let name: String

  private static let block = 512
  /// Names and pax records beyond this are refused.
  private static let largestExtension = 1 << 20

  /// What entries before a file say about it.
  private struct Announced {
    var name: String?
    var link: String?
    var size: Int?
  }

  /// A link in the archive, until all files are known.
  private struct Link {
    var name: String
    /// As `Member.name`.
    var target: String
  }

  /// Lists the archive. Throws `badData` if it is damaged or ends early.
  /// - Parameter name: what errors call it, if not by the file's path.
  package init(_ file: MappedFile, name: String? = nil) throws(FileError) {
    self.file = file
    self.name = name ?? file.path
    var (at, announced, links) = (0, Announced(), [Link]())
    while unsafe at < file.bytes.count {
      guard unsafe at + Self.block <= file.bytes.count else { throw bad(at, "a header that ends early", "512 bytes") }
      let header = unsafe UnsafeRawBufferPointer(rebasing: file.bytes[at..<(at + Self.block)])
      // Archives end with two zero blocks and padding. Some writers leave them out.
      if unsafe header.allSatisfy({ $0 == 0 }) {
        hasEnd = true
        try refuseMore(after: at)
        break
      }
      guard unsafe Self.isHeader(header) else { throw bad(at, "a wrong checksum", "a tar header") }
      guard let size = unsafe announced.size ?? Self.number(header[124..<136]),
        unsafe size <= file.bytes.count - at - Self.block
      else {
        throw bad(at, "an entry that goes past the end of the archive", "a whole archive")
      }
      let start = at + Self.block
      try unsafe take(header, start..<(start + size), &announced, &links)
      at = start + (size + Self.block - 1) / Self.block * Self.block
    }
    resolve(links)
  }

  /// Whether these bytes begin like a tar archive.
  static func isTar(_ bytes: UnsafeRawBufferPointer) -> Bool {
    unsafe bytes.count >= block && isHeader(UnsafeRawBufferPointer(rebasing: bytes[..<block]))
  }

  /// Where an archive ends there is nothing but zeros to the end of the file.
  private func refuseMore(after end: Int) throws(FileError) {
    let rest = unsafe UnsafeRawBufferPointer(rebasing: file.bytes[end...])
    guard let place = unsafe rest.firstIndex(where: { $0 != 0 }) else { return }
    throw FileError(
      .badData, file: name, field: "tar, byte \(end + place)", found: "more bytes after the end of the archive",
      wanted: "nothing but zeros",
      advice:
        "If several archives were joined, unpack them with \"tar xf FILE --ignore-zeros\" and name the folder; else copy it again."
    )
  }

  private mutating func take(
    _ header: UnsafeRawBufferPointer, _ range: Range<Int>, _ announced: inout Announced, _ links: inout [Link]
  ) throws(FileError) {
    let content = unsafe UnsafeRawBufferPointer(rebasing: file.bytes[range])
    switch unsafe header[156] {
    case UInt8(ascii: "L"):
      try checkExtension(range)
      announced.name = unsafe Self.text(content[...])
    case UInt8(ascii: "x"):
      try checkExtension(range)
      guard unsafe Self.readPax(content, &announced) else {
        throw bad(range.lowerBound, "a damaged pax record", "records")
      }
    case UInt8(ascii: "K"):
      try checkExtension(range)
      announced.link = unsafe Self.text(content[...])
    case UInt8(ascii: "g"): break
    case UInt8(ascii: "5"): announced = Announced()
    case 0, UInt8(ascii: "0"), UInt8(ascii: "7"):
      let name = unsafe Self.cleaned(announced.name ?? Self.name(header))
      announced = Announced()
      // Archives from before POSIX mark folders by nothing but the slash at the end.
      if !name.isEmpty && !name.hasSuffix("/") { members.append(Member(name: name, range: range)) }
    case UInt8(ascii: "1"), UInt8(ascii: "2"):
      let name = unsafe Self.cleaned(announced.name ?? Self.name(header))
      let target = unsafe announced.link ?? Self.text(header[157..<257])
      // A hard link names a path in the archive, a symbolic one a path from where it lies.
      let isHard = unsafe header[156] == UInt8(ascii: "1")
      links.append(Link(name: name, target: isHard ? Self.cleaned(target) : Self.path(target, from: name)))
      announced = Announced()
    default:
      let name = unsafe Self.cleaned(announced.name ?? Self.name(header))
      leftOut.append(
        LeftOut(name, .special, detail: unsafe "an entry of type \(Character(Unicode.Scalar(header[156])))"))
      announced = Announced()
    }
  }

  /// Gives links the bytes of the files that they lead to, also by way of other links.
  private mutating func resolve(_ links: [Link]) {
    guard !links.isEmpty else { return }
    let ranges = Dictionary(members.map { ($0.name, $0.range) }, uniquingKeysWith: { $1 })
    let targets = Dictionary(links.map { ($0.name, $0.target) }, uniquingKeysWith: { $1 })
    let folders = Set(members.flatMap { Self.folders(of: $0.name) })
    for link in links {
      var target = link.target
      // As many steps as Linux takes.
      for _ in 0..<40 where ranges[target] == nil { target = targets[target] ?? target }
      if let range = ranges[target] {
        members.append(Member(name: link.name, range: range))
      } else if folders.contains(target) {
        leftOut.append(LeftOut(link.name, .loop, detail: "to \(target)"))
      } else {
        leftOut.append(LeftOut(link.name, .brokenLink, detail: "to \(link.target), which is not in the archive"))
      }
    }
  }

  /// All folders that a path lies in, at most 64 of them.
  private static func folders(of path: String) -> [String] {
    let parts = path.split(separator: "/").dropLast().prefix(64)
    return parts.indices.map { parts[...$0].joined(separator: "/") }
  }

  /// What a symbolic link at `name` that says `target` leads to.
  private static func path(_ target: String, from name: String) -> String {
    if target.hasPrefix("/") { return target }
    var parts = name.split(separator: "/").dropLast().map(String.init)
    for part in target.split(separator: "/") where part != "." {
      if part != ".." {
        parts.append(String(part))
      } else if parts.popLast() == nil {
        return target
      }
    }
    return parts.joined(separator: "/")
  }

  private func checkExtension(_ range: Range<Int>) throws(FileError) {
    guard range.count <= Self.largestExtension else {
      throw bad(range.lowerBound, "a name or record of \(range.count) bytes", "at most \(Self.largestExtension)")
    }
  }

  private func bad(_ at: Int, _ found: String, _ wanted: String) -> FileError {
    FileError(
      .badData, file: name, field: "tar entry at byte \(at)", found: found, wanted: wanted,
      advice: "Copy or make the archive again.")
  }
}

/// The fields of a header.
extension TarArchive {
  /// The checksum is the sum of all bytes, with its own field taken as spaces.
  private static func isHeader(_ header: UnsafeRawBufferPointer) -> Bool {
    let sum = header.indices.reduce(0) { unsafe $0 + ((148..<156).contains($1) ? 32 : Int(header[$1])) }
    return unsafe number(header[148..<156]) == sum
  }

  /// Octal digits, ended by a space or a zero, or GNU's binary numbers (first bit set).
  private static func number(_ field: Slice<UnsafeRawBufferPointer>) -> Int? {
    guard let lead = unsafe field.first else { return nil }
    if lead & 0x80 != 0 {
      guard lead == 0x80, unsafe field.dropFirst().dropLast(7).allSatisfy({ $0 == 0 }) else { return nil }
      return unsafe field.suffix(7).reduce(0) { $0 << 8 | Int($1) }
    }
    let digits = unsafe field.drop { $0 == 32 }.prefix { $0 != 32 && $0 != 0 }
    guard unsafe digits.allSatisfy({ (48...55).contains($0) }) else { return nil }
    return unsafe digits.reduce(0) { $0 << 3 | Int($1 - 48) }
  }

  /// The name of 100 bytes, behind the prefix of 155 where the header is POSIX's (GNU's has other things there).
  private static func name(_ header: UnsafeRawBufferPointer) -> String {
    let prefix = unsafe header[257..<263].elementsEqual(Array("ustar\0".utf8)) ? text(header[345..<500]) : ""
    return unsafe prefix.isEmpty ? text(header[..<100]) : unsafe "\(prefix)/\(text(header[..<100]))"
  }

  private static func text(_ bytes: Slice<UnsafeRawBufferPointer>) -> String {
    unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }

  private static func cleaned(_ name: String) -> String {
    var name = Substring(name)
    while true {
      if name.hasPrefix("./") {
        name = name.dropFirst(2)
      } else if name.hasPrefix("/") {
        name = name.dropFirst()
      } else {
        break
      }
    }
    return String(name)
  }

  /// Records of the form "LENGTH KEY=VALUE\n", the length counting the whole record. False if they are not.
  private static func readPax(_ bytes: UnsafeRawBufferPointer, _ announced: inout Announced) -> Bool {
    var rest = unsafe bytes[...]
    while unsafe !rest.isEmpty {
      let digits = unsafe rest.prefix { $0 != 32 }
      guard unsafe digits.count <= 8, let count = unsafe Int(String(decoding: digits, as: UTF8.self)),
        unsafe count > digits.count + 1,
        unsafe count <= rest.count
      else { return false }
      let record = unsafe rest.prefix(count).dropFirst(digits.count + 1)
      guard unsafe record.last == 10, let equals = unsafe record.firstIndex(of: 61) else { return false }
      let value = unsafe String(decoding: record[(equals + 1)...].dropLast(), as: UTF8.self)
      switch unsafe String(decoding: record[..<equals], as: UTF8.self) {
      case "path": announced.name = value
      case "linkpath": announced.link = value
      case "size":
        guard let size = Int(value), size >= 0 else { return false }
        announced.size = size
      default: break
      }
      unsafe rest = rest.dropFirst(count)
    }
    return true
  }
}
