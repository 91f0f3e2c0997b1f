import Thimble
import ThimbleBoard

/// Where the program begins: `[GENERATOR] SEED`, pixels to standard output.
@_cdecl("thimble_main")
public func thimbleMain(_ count: Int32, _ arguments: UnsafePointer<UnsafePointer<CChar>?>) -> Int32 {
  do throws(ThimbleError) {
    var byteCount = 0
    let model: Model
    var next = 1
    if let bytes = thimble_bundled_model(&byteCount) {
      model = try Model(
        UnsafeRawBufferPointer(start: bytes, count: byteCount), instructionSet: InstructionSet.inForce())
    } else {
      guard let path = arguments[1] else { return 64 }
      model = try Model(path: path)
      next = 2
    }
    let n = model.arenaByteCount()!
    let arena = UnsafeMutableRawBufferPointer(start: thimble_fresh_memory(n), count: n)
    let size = model.imageByteCount
    let pixels = UnsafeMutableBufferPointer<UInt8>(
      start: thimble_fresh_memory(size)!.assumingMemoryBound(to: UInt8.self), count: size)
    var generator = try Generator(model, arena: arena)
    var span = MutableSpan(_unsafeElements: pixels)
    var seed: UInt64 = 0
    var digit = arguments[next]
    while let d = digit, d.pointee >= 48 {
      seed = seed &* 10 &+ UInt64(d.pointee - 48)
      digit = d + 1
    }
    try generator.generate(seed: seed, into: &span)
    return thimble_write(1, pixels.baseAddress, size) == size ? 0 : 74
  } catch {
    thimble_write(2, error.field.utf8Start, error.field.utf8CodeUnitCount)
    return 65
  }
}
