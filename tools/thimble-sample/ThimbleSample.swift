import Thimble
import ThimbleBoard
@_cdecl("thimble_main") public func thimbleMain(_ count: Int32, _ arguments: UnsafePointer<UnsafePointer<CChar>>) -> Int32 {
  do {
    let model = try Model(path: arguments[1])
    let n = model.arenaByteCount()!
    let arena = UnsafeMutableRawBufferPointer(start: thimble_fresh_memory(n), count: n)
    let size = model.imageByteCount
    let pixels = UnsafeMutableBufferPointer<UInt8>(start: thimble_fresh_memory(size)!.assumingMemoryBound(to: UInt8.self), count: size)
    var generator = try Generator(model, arena: arena)
    var span = MutableSpan(_unsafeElements: pixels)
    try generator.generate(seed: 1, into: &span)
    thimble_write(1, pixels.baseAddress, size)
    return 0
  } catch { thimble_write(2, error.field.utf8Start, error.field.utf8CodeUnitCount); return 65 }
}
