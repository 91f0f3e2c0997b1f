import ThimbleStorage

/// A board sampler: a static ELF program with a note in whose place a model's program header can go
/// (Sources/Runtime/ThimbleFreestanding/bundle.c). Everything that is read of it is checked first.
package struct Sampler {
  /// The largest file that is taken for one.
  private static let mostBytes = 1 << 26
  /// What marks the model's segment: how .thimble files begin. Of 32 bits, the low half.
  private static let mark: UInt64 = 0x1A45_4C42_4D49_4854
  /// A note without contents, of type 1, by "Thimble".
  private static let note: [UInt8] = [8, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0] + Array("Thimble\0".utf8)

  private let file: MappedFile
  private let target: BoardTarget
  private var headersOffset = 0
  private var headers: [ProgramHeader] = []
  /// Which header is the note's.
  private var place = 0

  /// Maps and checks a sampler for a target. Throws `missing`, `inputOutput` or `badData`.
  package init(path: String, target: BoardTarget) throws(FileError) {
    file = try MappedFile(path: path)
    self.target = target
    try readHeaders()
    try checkSegments()
    place = try findPlace()
  }

  private var byteCount: Int { unsafe file.bytes.count }

  /// Writes the sampler, then the model. The sampler's headers record the model's place.
  package func write(with model: UnsafeRawBufferPointer, to output: borrowing AtomicFile) throws(FileError) {
    let loaded = headers.filter { $0.type == ProgramHeader.load }
    let alignment = loaded.map(\.alignment).max()!
    func roundedUp(_ n: UInt64) -> UInt64 { (n + alignment - 1) / alignment * alignment }
    let header = ProgramHeader(
      modelAt: roundedUp(UInt64(byteCount)), address: roundedUp(loaded.map(\.end).max()!),
      byteCount: UInt64(model.count), alignment: alignment, mark: target.isWide ? Self.mark : Self.mark & 0xFFFF_FFFF)
    guard header.end <= target.endOfAddresses else {
      throw bad("addresses", found: "none for \(model.count) bytes", wanted: "below \(target.endOfAddresses)")
    }
    let (bytes, size) = (header.bytes(wide: target.isWide), ProgramHeader.byteCount(wide: target.isWide))
    let start = headersOffset + place * size
    try unsafe output.write(UnsafeRawBufferPointer(rebasing: file.bytes[..<start]))
    try unsafe bytes.span.withUnsafeBytes { bytes throws(FileError) in try unsafe output.write(bytes) }
    try unsafe output.write(UnsafeRawBufferPointer(rebasing: file.bytes[(start + size)...]))
    let padding = [UInt8](repeating: 0, count: Int(header.offset) - byteCount)
    try unsafe padding.span.withUnsafeBytes { bytes throws(FileError) in try unsafe output.write(bytes) }
    try unsafe output.write(model)
  }

  private func bad(_ field: String, found: String, wanted: String) -> FileError {
    FileError(
      .badData, file: file.path, field: field, found: found, wanted: wanted,
      advice: "Build the sampler with tools/boards/build \(target), or name another one with --sampler.")
  }

  private func require(_ field: String, _ found: UInt64, _ wanted: UInt64) throws(FileError) {
    if found != wanted { throw bad(field, found: "\(found)", wanted: "\(wanted)") }
  }

  /// The ELF header (System V ABI, chapter 4).
  private mutating func readHeaders() throws(FileError) {
    let (bytes, wide) = unsafe (file.bytes, target.isWide)
    guard unsafe bytes.starts(with: [0x7F, 0x45, 0x4C, 0x46]) else {
      throw bad("first bytes", found: "not an ELF file", wanted: "a sampler for \(target)")
    }
    guard (64...Self.mostBytes).contains(bytes.count) else {
      throw bad("size", found: "\(bytes.count) bytes", wanted: "64 to \(Self.mostBytes)")
    }
    try require(
      "machine, which for \(target) is \(target.machine)", unsafe bytes.number(at: 18, width: 2), target.machine)
    try unsafe require("class, 1 for 32 bits and 2 for 64", bytes.number(at: 4, width: 1), wide ? 2 : 1)
    try unsafe require("byte order, 1 for little-endian", bytes.number(at: 5, width: 1), 1)
    try unsafe require("kind, 2 for a static program", bytes.number(at: 16, width: 2), 2)
    let size = ProgramHeader.byteCount(wide: wide)
    try unsafe require("bytes of a program header", bytes.number(at: wide ? 54 : 42, width: 2), UInt64(size))
    let offset = unsafe bytes.number(at: wide ? 32 : 28, width: wide ? 8 : 4)
    let count = unsafe Int(bytes.number(at: wide ? 56 : 44, width: 2))
    guard count <= 64, contains(offset, UInt64(count * size)) else {
      throw bad("program headers", found: "\(count) at \(offset)", wanted: "at most 64, within the file")
    }
    headersOffset = Int(offset)
    headers = (0..<count).map { unsafe ProgramHeader(bytes, at: Int(offset) + $0 * size, wide: wide) }
  }

  private func contains(_ offset: UInt64, _ count: UInt64) -> Bool {
    offset <= UInt64(byteCount) && count <= UInt64(byteCount) - offset
  }

  /// The segments that are loaded: within the file and the addresses, in order, the headers among them.
  private func checkSegments() throws(FileError) {
    var end: UInt64 = 0
    var holdsHeaders = false
    for (index, header) in headers.enumerated() {
      if header.type == ProgramHeader.interpreter || header.type == ProgramHeader.dynamic {
        throw bad(
          "program header \(index)", found: "a dynamically linked program", wanted: "a static program")
      }
      guard header.type == ProgramHeader.load else { continue }
      guard contains(header.offset, header.fileByteCount), header.fileByteCount <= header.byteCount,
        header.address >= end, header.address <= target.endOfAddresses,
        header.byteCount <= target.endOfAddresses - header.address,
        (1...1 << 24).contains(header.alignment), header.alignment & (header.alignment - 1) == 0
      else {
        throw bad(
          "program header \(index)", found: "\(header.byteCount) bytes at \(header.address)",
          wanted: "a segment within the file, after the previous one")
      }
      end = header.end
      let headersEnd = UInt64(headersOffset + headers.count * ProgramHeader.byteCount(wide: target.isWide))
      if header.offset <= UInt64(headersOffset) && headersEnd <= header.offset + header.fileByteCount {
        holdsHeaders = true
      }
    }
    if !holdsHeaders {
      throw bad("program headers", found: "none in the loaded program", wanted: "headers inside a loaded segment")
    }
  }

  /// The header of the note. It follows all loaded segments, since the loader needs those in the order of their addresses.
  private func findPlace() throws(FileError) -> Int {
    let marks = [Self.mark, Self.mark & 0xFFFF_FFFF]
    if headers.contains(where: { $0.type == ProgramHeader.load && marks.contains($0.physicalAddress) }) {
      throw bad("program headers", found: "a sampler that already has a model", wanted: "a sampler without one")
    }
    let last = headers.lastIndex { $0.type == ProgramHeader.load } ?? 0
    let place = headers.indices.last { index in
      let header = headers[index]
      return unsafe header.type == ProgramHeader.note && header.fileByteCount == UInt64(Self.note.count)
        && contains(header.offset, header.fileByteCount) && index > last
        && file.bytes[Int(header.offset)...].starts(with: Self.note)
    }
    guard let place else {
      throw bad("program headers", found: "no place for a model", wanted: "Thimble's note after the segments")
    }
    return place
  }
}

extension ProgramHeader {
  /// Where the segment ends in memory. Its reader or maker has checked that this fits 64 bits.
  fileprivate var end: UInt64 { address + byteCount }
}
