import CThimble
import Thimble

// What the C functions check of the pointers that they are given: Swift ends the program for one that is not aligned.

/// Whether a pointer is aligned to its type.
func isAligned<Pointee>(_ pointer: UnsafePointer<Pointee>) -> Bool {
  UInt(bitPattern: pointer) % UInt(MemoryLayout<Pointee>.alignment) == 0
}

/// Refuses a pointer that is not aligned to its type.
func requireAligned<Pointee>(_ pointer: UnsafePointer<Pointee>, _ field: StaticString) throws(ThimbleError) {
  try require(
    UInt64(UInt(bitPattern: pointer)), .multipleOf, UInt64(MemoryLayout<Pointee>.alignment), field, code: .arguments)
}

/// The addresses of so many bytes from a pointer on, cut off at the end of memory.
struct Extent {
  let start: UInt
  let end: UInt

  init(_ pointer: UnsafeRawPointer, _ byteCount: Int) {
    start = UInt(bitPattern: pointer)
    let (sum, isTooFar) = start.addingReportingOverflow(UInt(bitPattern: byteCount))
    end = isTooFar ? .max : sum
  }

  func overlaps(_ other: Extent) -> Bool { start < other.end && other.start < end }
}

/// Refuses memory that is written while something else is in it.
func requireApart(_ extent: Extent, _ other: Extent, _ field: StaticString) throws(ThimbleError) {
  if extent.overlaps(other) { throw ThimbleError(.arguments, field, found: UInt64(extent.start)) }
}
