// The names and their comments are those of thimble.h.
// swift-format-ignore-file: AlwaysUseLowerCamelCase, AllPublicDeclarationsHaveDocumentation

import CThimble
import Thimble

// The C functions on latents.

@c @implementation
public func thimble_latents_from_floats(
  _ values: UnsafePointer<Float>?, _ count: Int, _ latents: UnsafeMutablePointer<Int16>?,
  _ error: UnsafeMutablePointer<thimble_error>?
) -> Int32 {
  unsafe status(error) { () throws(ThimbleError) in
    if count == 0 { return }
    guard let values = unsafe values else { throw ThimbleError(.arguments, "values, null") }
    guard let latents = unsafe latents else { throw ThimbleError(.arguments, "latents, null") }
    try unsafe requireAligned(values, "address of the values")
    try unsafe requireAligned(latents, "address of the latents")
    // From the same address on, or from one below, each value is read before a latent is written over it.
    if UInt(bitPattern: latents) > UInt(bitPattern: values) {
      let written = unsafe Extent(latents, bytes(count, 2))
      try unsafe requireApart(written, Extent(values, bytes(count, 4)), "latents, over values not read yet")
    }
    var index = 0
    while number(index) < number(count) {
      guard let nearest = unsafe Q3x12.nearest(values[index]) else {
        throw ThimbleError(.arguments, "index of a value that is no number", found: number(index))
      }
      unsafe latents[index] = nearest
      index += 1
    }
  }
}

@c @implementation
public func thimble_latent_of_seed(
  _ place: UnsafePointer<thimble_model>?, _ seed: UInt64, _ latent: UnsafeMutablePointer<Int16>?, _ count: Int,
  _ error: UnsafeMutablePointer<thimble_error>?
) -> Int32 {
  unsafe status(error) { () throws(ThimbleError) in
    let model = try unsafe required(place)
    guard let latent = unsafe latent else { throw ThimbleError(.arguments, "latent, null") }
    let length = unsafe model.pointee.model.latentLength
    try require(number(count), .atLeast, number(length), "count", code: .arguments)
    try unsafe check(latent, length, place)
    var elements = unsafe MutableSpan(_unsafeStart: latent, count: length)
    unsafe model.pointee.model.latents.fill(&elements, seed: seed)
  }
}

@c @implementation
public func thimble_latent_of_class(
  _ place: UnsafePointer<thimble_model>?, _ seed: UInt64, _ chosen: UInt32, _ latent: UnsafeMutablePointer<Int16>?,
  _ count: Int, _ error: UnsafeMutablePointer<thimble_error>?
) -> Int32 {
  unsafe status(error) { () throws(ThimbleError) in
    let model = try unsafe required(place)
    guard let latent = unsafe latent else { throw ThimbleError(.arguments, "latent, null") }
    let latents = unsafe model.pointee.model.latents
    try require(number(count), .atLeast, number(latents.count), "count", code: .arguments)
    try require(UInt64(chosen), .below, UInt64(latents.classes), "class", code: .arguments)
    try unsafe check(latent, latents.count, place)
    var elements = unsafe MutableSpan(_unsafeStart: latent, count: latents.count)
    latents.fill(&elements, seed: seed, class: Int(chosen))
  }
}

/// Refuses a place for a latent that is not aligned, or that lies in the model.
private func check(
  _ latent: UnsafeMutablePointer<Int16>, _ count: Int, _ place: UnsafePointer<thimble_model>?
) throws(ThimbleError) {
  try unsafe requireAligned(UnsafePointer(latent), "address of the latent")
  guard let place = unsafe place else { return }
  let model = unsafe Extent(place, MemoryLayout<thimble_model>.size)
  try unsafe requireApart(Extent(latent, 2 * count), model, "latent, inside the model")
}

/// The bytes of so many elements, cut off at what an `Int` can count.
private func bytes(_ count: Int, _ size: Int) -> Int {
  let (product, isTooMuch) = count.multipliedReportingOverflow(by: size)
  return isTooMuch || count < 0 ? Int.max : product
}
