/// The ranges of a list of seeds such as `85,265,600-605`, one after the other.
@safe package struct SeedRanges {
  /// Seeds that one list may name: a typing error should not fill a disk.
  package static let largestCount: UInt64 = 1 << 20
  /// Images for each two seeds of a walk, unless told otherwise: a second of a film.
  package static let walkFrames = 10

  private var rest: UnsafeBufferPointer<UInt8>
  private var isOver = false

  /// A list that `count` has accepted.
  package init(_ text: UnsafeBufferPointer<UInt8>) { unsafe rest = unsafe text }

  /// The next range; nil at the end, or where the text is no list.
  package mutating func next() -> ClosedRange<UInt64>? {
    if isOver { return nil }
    let comma = unsafe Self.first(44, in: rest)
    let part = unsafe UnsafeBufferPointer(rebasing: rest[..<comma])
    isOver = unsafe comma == rest.count
    unsafe rest = UnsafeBufferPointer(rebasing: rest[min(comma + 1, rest.count)...])
    let dash = unsafe Self.first(45, in: part)
    guard let first = unsafe Decimal.number(UnsafeBufferPointer(rebasing: part[..<dash])) else { return nil }
    if dash == part.count { return first...first }
    guard let last = unsafe Decimal.number(UnsafeBufferPointer(rebasing: part[(dash + 1)...])), first <= last else {
      return nil
    }
    return first...last
  }

  /// How many seeds a list names; nil if the text is no list, or names too many.
  package static func count(_ text: UnsafeBufferPointer<UInt8>) -> UInt64? {
    var ranges = unsafe SeedRanges(text)
    var count: UInt64 = 0
    repeat {
      guard let range = ranges.next() else { return nil }
      let others = range.upperBound - range.lowerBound
      guard others < largestCount, count + others < largestCount else { return nil }
      count += others + 1
    } while !ranges.isOver
    return count
  }

  /// Where a byte first stands; the count of the text if nowhere.
  private static func first(_ byte: UInt8, in text: UnsafeBufferPointer<UInt8>) -> Int {
    var at = 0
    while unsafe at < text.count && text[at] != byte { at += 1 }
    return at
  }
}
