import CThimble
import Glibc
import Thimble
import ThimbleC

/// Pictures beyond these bounds are not made: only how long that takes would be tried.
private let mostArenaByteCount = 4 << 20
private let mostMetadata = 1 << 16

/// Calls `body` with a copy of the bytes that has the right checksum: else nearly everything would be refused for that alone. Aligned
/// as a file's mapping is.
private func withSealed(_ bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void) {
  let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 64)
  defer { copy.deallocate() }
  copy.copyMemory(from: bytes)
  if bytes.count >= 16 { Layout.seal(copy) }
  body(UnsafeRawBufferPointer(copy))
}

/// A .thimble file, resealed, through the Swift library; one small picture of it.
let fuzzModel: FuzzTarget = { bytes in
  withSealed(bytes) { file in
    guard let model = try? Model(file, instructionSet: .portable) else { return }
    use(model.metadata.prefix(mostMetadata).reduce(0, ^))
    guard let count = model.arenaByteCount(), count <= mostArenaByteCount, model.imageByteCount <= 1 << 16 else {
      return
    }
    let arena = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 64)
    defer { arena.deallocate() }
    let pixels = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: model.imageByteCount)
    defer { pixels.deallocate() }
    pixels.initialize(repeating: 0)
    guard var generator = try? Generator(model, arena: arena) else { return }
    var span = MutableSpan<UInt8>(_unsafeElements: pixels)
    try? generator.generate(seed: 1, into: &span)
  }
}

/// The same bytes through `thimble_model_open` and what follows in a C program.
let fuzzLibrary: FuzzTarget = { bytes in
  withSealed(bytes) { file in
    var model = thimble_model()
    var error = thimble_error()
    guard thimble_model_open(&model, file.baseAddress, file.count, &error) == 0 else {
      var text = [CChar](repeating: 0, count: 300)
      use(thimble_error_text(&error, &text, text.count))
      return
    }
    defer { thimble_model_close(&model) }
    let count = thimble_generator_byte_count(&model, 1, 1)
    let byteCount = thimble_image_byte_count(&model)
    guard count > 0, count <= mostArenaByteCount, byteCount <= 1 << 16 else { return }
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 64)
    defer { memory.deallocate() }
    var generator: OpaquePointer?
    guard thimble_generator_create(&model, memory.baseAddress, count, 1, 1, &generator, &error) == 0 else { return }
    var pixels = [UInt8](repeating: 0, count: byteCount)
    var seed: UInt64 = 1
    use(thimble_generate_from_seeds(generator, &seed, 1, &pixels, pixels.count, &error))
  }
}
