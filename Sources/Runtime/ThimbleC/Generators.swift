// The names and their comments are those of thimble.h.
// swift-format-ignore-file: AlwaysUseLowerCamelCase, AllPublicDeclarationsHaveDocumentation

import CThimble
import Thimble

// The C functions on generators. A generator lies at the front of the caller's memory, its arena behind it.

@safe struct PlacedGenerator: ~Copyable {
  var generator: Generator
  var runner = unsafe thimble_loop_runner(run: nil, context: nil)
  /// Bytes of the memory that it lies in.
  let memoryByteCount: Int

  init(_ generator: consuming Generator, memoryByteCount: Int) {
    self.generator = generator
    self.memoryByteCount = memoryByteCount
  }

  mutating func generate(seeds: Span<UInt64>, into pixels: inout MutableSpan<UInt8>) throws(ThimbleError) {
    let runner = unsafe runner
    if unsafe runner.run == nil { return try generator.generate(seeds: seeds, into: &pixels) }
    try generator.generate(seeds: seeds, into: &pixels) { count, body in unsafe runLoop(runner, count, body) }
  }

  mutating func generate(latents: Span<Int16>, into pixels: inout MutableSpan<UInt8>) throws(ThimbleError) {
    let runner = unsafe runner
    if unsafe runner.run == nil { return try generator.generate(latents: latents, into: &pixels) }
    try generator.generate(latents: latents, into: &pixels) { count, body in unsafe runLoop(runner, count, body) }
  }

  /// Bytes in front of the arena: a multiple of 64.
  static var byteCount: Int { (MemoryLayout<PlacedGenerator>.size + 63) / 64 * 64 }
}

/// Runs a loop as the runner does; in C, which can lend a closure to others.
@_silgen_name("thimble_run_loop")
private func runLoopInC(_ runner: UnsafePointer<thimble_loop_runner>, _ count: Int, _ body: (Int) -> Void)

private func runLoop(_ runner: thimble_loop_runner, _ count: Int, _ body: (Int) -> Void) {
  unsafe withUnsafePointer(to: runner) { unsafe runLoopInC($0, count, body) }
}

@c @implementation
public func thimble_generator_byte_count(
  _ place: UnsafePointer<thimble_model>?, _ images: Int, _ workers: Int
) -> Int {
  guard let arena = unsafe opened(place)?.pointee.model.arenaByteCount(images: images, workers: workers) else {
    return 0
  }
  let (sum, isTooMuch) = arena.addingReportingOverflow(PlacedGenerator.byteCount)
  return isTooMuch ? 0 : sum
}

@c @implementation
public func thimble_generator_create(
  _ place: UnsafePointer<thimble_model>?, _ memory: UnsafeMutableRawPointer?, _ memoryByteCount: Int, _ images: Int,
  _ workers: Int,
  _ result: UnsafeMutablePointer<OpaquePointer?>?, _ error: UnsafeMutablePointer<thimble_error>?
) -> Int32 {
  unsafe status(error) { () throws(ThimbleError) in
    let model = try unsafe required(place)
    guard let result = unsafe result else { throw ThimbleError(.arguments, "generator, null") }
    guard let memory = unsafe memory else { throw ThimbleError(.arguments, "memory, null") }
    try requireCount(images, "images")
    try requireCount(workers, "workers")
    let needed = unsafe thimble_generator_byte_count(place, images, workers)
    if needed == 0 { throw ThimbleError(.arguments, "images, more than memory can hold", found: number(images)) }
    try require(number(memoryByteCount), .atLeast, number(needed), "memory byte count", code: .memory)
    try require(UInt64(UInt(bitPattern: memory)), .multipleOf, 64, "address of the memory", code: .memory)
    try unsafe requireApart(memory, needed, place, model)
    let arena = unsafe UnsafeMutableRawBufferPointer(
      start: memory + PlacedGenerator.byteCount, count: needed - PlacedGenerator.byteCount)
    let generator = try unsafe Generator(
      Model(viewing: model.pointee.model), arena: arena, images: images, workers: workers)
    unsafe memory.bindMemory(to: PlacedGenerator.self, capacity: 1).initialize(
      to: PlacedGenerator(generator, memoryByteCount: needed))
    // At any address.
    unsafe UnsafeMutableRawPointer(result).storeBytes(of: OpaquePointer(memory), as: OpaquePointer?.self)
  }
}

@c @implementation
public func thimble_generator_share_work(
  _ generator: OpaquePointer?, _ run: thimble_parallel_for?, _ context: UnsafeMutableRawPointer?
) {
  guard let generator = unsafe generator, UInt(bitPattern: generator) % 64 == 0 else { return }
  unsafe UnsafeMutablePointer<PlacedGenerator>(generator).pointee.runner = thimble_loop_runner(
    run: run, context: context)
}

@c @implementation
public func thimble_generate_from_seeds(
  _ generator: OpaquePointer?, _ seeds: UnsafePointer<UInt64>?, _ count: Int, _ pixels: UnsafeMutablePointer<UInt8>?,
  _ pixelByteCount: Int, _ error: UnsafeMutablePointer<thimble_error>?
) -> Int32 {
  unsafe status(error) { () throws(ThimbleError) in
    let generator = try unsafe placed(generator, count)
    if count == 0 { return }
    guard let seeds = unsafe seeds else { throw ThimbleError(.arguments, "seeds, null") }
    guard let pixels = unsafe pixels else { throw ThimbleError(.arguments, "pixels, null") }
    try unsafe requireAligned(seeds, "address of the seeds")
    try unsafe requireApart(pixels, count, generator)
    var span = unsafe MutableSpan(_unsafeStart: pixels, count: countable(pixelByteCount))
    try unsafe generator.pointee.generate(seeds: Span(_unsafeStart: seeds, count: count), into: &span)
  }
}

@c @implementation
public func thimble_generate_from_latents(
  _ generator: OpaquePointer?, _ latents: UnsafePointer<Int16>?, _ count: Int, _ pixels: UnsafeMutablePointer<UInt8>?,
  _ pixelByteCount: Int, _ error: UnsafeMutablePointer<thimble_error>?
) -> Int32 {
  unsafe status(error) { () throws(ThimbleError) in
    let generator = try unsafe placed(generator, count)
    if count == 0 { return }
    guard let latents = unsafe latents else { throw ThimbleError(.arguments, "latents, null") }
    guard let pixels = unsafe pixels else { throw ThimbleError(.arguments, "pixels, null") }
    try unsafe requireAligned(latents, "address of the latents")
    try unsafe requireApart(pixels, count, generator)
    let length = unsafe generator.pointee.generator.model.latentLength
    var span = unsafe MutableSpan(_unsafeStart: pixels, count: countable(pixelByteCount))
    try unsafe generator.pointee.generate(latents: Span(_unsafeStart: latents, count: count * length), into: &span)
  }
}

private func requireCount(_ count: Int, _ field: StaticString) throws(ThimbleError) {
  try require(number(count), .atLeast, 1, field, code: .arguments)
  try require(number(count), .atMost, 65_536, field, code: .arguments)
}

/// The generator that lies there, if it can make so many images at once.
private func placed(
  _ generator: OpaquePointer?, _ count: Int
) throws(ThimbleError) -> UnsafeMutablePointer<PlacedGenerator> {
  guard let generator = unsafe generator else { throw ThimbleError(.arguments, "generator, null") }
  try require(UInt64(UInt(bitPattern: generator)), .multipleOf, 64, "address of the generator", code: .arguments)
  let place = unsafe UnsafeMutablePointer<PlacedGenerator>(generator)
  try unsafe require(number(count), .atMost, number(place.pointee.generator.images), "count", code: .arguments)
  return unsafe place
}

/// Refuses memory for a generator that has the model or its bytes in it.
private func requireApart(
  _ memory: UnsafeMutableRawPointer, _ byteCount: Int, _ place: UnsafePointer<thimble_model>?,
  _ model: UnsafePointer<OpenModel>
) throws(ThimbleError) {
  let taken = unsafe Extent(memory, byteCount)
  guard let place = unsafe place, let bytes = unsafe model.pointee.model.bytes.baseAddress else { return }
  try unsafe requireApart(taken, Extent(place, MemoryLayout<thimble_model>.size), "memory, over the model")
  try unsafe requireApart(taken, Extent(bytes, model.pointee.model.bytes.count), "memory, over the model's bytes")
}

/// Refuses pixels that would be written over the generator that makes them.
private func requireApart(
  _ pixels: UnsafeMutablePointer<UInt8>, _ count: Int, _ generator: UnsafeMutablePointer<PlacedGenerator>
) throws(ThimbleError) {
  let written = unsafe Extent(pixels, count * generator.pointee.generator.model.imageByteCount)
  try unsafe requireApart(
    written, Extent(generator, generator.pointee.memoryByteCount), "pixels, over the generator's memory")
}

/// A size_t, cut to what an `Int` can count: more than any image needs.
private func countable(_ count: Int) -> Int { count < 0 ? Int.max : count }
