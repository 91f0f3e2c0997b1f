/// What the networks ask of a C library where there is none: advice about pages, which may be passed over.
// swift-format-ignore: AlwaysUseLowerCamelCase
package let MADV_HUGEPAGE: Int32 = 14

@discardableResult
package func madvise(_ start: UnsafeMutableRawPointer, _ byteCount: Int, _ advice: Int32) -> Int32 { 0 }
