// The names and their comments are those of thimble.h.
// swift-format-ignore-file: AlwaysUseLowerCamelCase, AllPublicDeclarationsHaveDocumentation

import CThimble
import Thimble
import ThimbleKernelInterface

// The C functions on models.

/// What lies in a `thimble_model`.
struct OpenModel: ~Copyable {
  static let mark: UInt64 = 0x6C65_646F_6D20_6E61
  var mark = Self.mark
  let model: Model

  init(_ model: consuming Model) {
    self.model = model
    precondition(MemoryLayout<OpenModel>.size <= MemoryLayout<thimble_model>.size)
  }
}

/// The model that lies there; nil if none is open.
func opened(_ place: UnsafePointer<thimble_model>?) -> UnsafePointer<OpenModel>? {
  guard let place = unsafe place, unsafe isAligned(place), unsafe place.pointee.content.0 == OpenModel.mark
  else { return nil }
  return unsafe UnsafeRawPointer(place).assumingMemoryBound(to: OpenModel.self)
}

/// The model that lies there, or an error.
func required(_ place: UnsafePointer<thimble_model>?) throws(ThimbleError) -> UnsafePointer<OpenModel> {
  if let place = unsafe place { try unsafe requireAligned(place, "address of the model's place") }
  guard let model = unsafe opened(place) else { throw ThimbleError(.arguments, "model, null or not open") }
  return unsafe model
}

@c @implementation
public func thimble_model_open(
  _ place: UnsafeMutablePointer<thimble_model>?, _ bytes: UnsafeRawPointer?, _ byteCount: Int,
  _ error: UnsafeMutablePointer<thimble_error>?
) -> Int32 {
  unsafe status(error) { () throws(ThimbleError) in
    guard let place = unsafe place else { throw ThimbleError(.arguments, "model, null or not open") }
    guard let bytes = unsafe bytes else { throw ThimbleError(.arguments, "bytes, null") }
    try unsafe requireAligned(place, "address of the model's place")
    try require(number(byteCount), .atMost, 1 << 30, "file byte count")
    let placed = unsafe Extent(place, MemoryLayout<thimble_model>.size)
    try unsafe requireApart(placed, Extent(bytes, byteCount), "model, inside its own bytes")
    let all = unsafe UnsafeRawBufferPointer(start: bytes, count: byteCount)
    let model = try unsafe Model(all, instructionSet: InstructionSet.inForce())
    unsafe UnsafeMutableRawPointer(place).bindMemory(to: OpenModel.self, capacity: 1).initialize(to: OpenModel(model))
  }
}

@c @implementation
public func thimble_model_map(
  _ place: UnsafeMutablePointer<thimble_model>?, _ path: UnsafePointer<CChar>?,
  _ error: UnsafeMutablePointer<thimble_error>?
) -> Int32 {
  unsafe status(error) { () throws(ThimbleError) in
    guard let place = unsafe place else { throw ThimbleError(.arguments, "model, null or not open") }
    guard let path = unsafe path else { throw ThimbleError(.arguments, "path, null") }
    try unsafe requireAligned(place, "address of the model's place")
    let model = try unsafe Model(path: path)
    unsafe UnsafeMutableRawPointer(place).bindMemory(to: OpenModel.self, capacity: 1).initialize(to: OpenModel(model))
  }
}

@c @implementation
public func thimble_model_close(_ place: UnsafeMutablePointer<thimble_model>?) {
  guard let place = unsafe place, unsafe opened(place) != nil else { return }
  unsafe UnsafeMutableRawPointer(place).assumingMemoryBound(to: OpenModel.self).deinitialize(count: 1)
  unsafe place.pointee.content.0 = 0
}

@c @implementation
public func thimble_image_height(_ place: UnsafePointer<thimble_model>?) -> UInt32 {
  unsafe opened(place)?.pointee.model.imageShape.height ?? 0
}

@c @implementation
public func thimble_image_width(_ place: UnsafePointer<thimble_model>?) -> UInt32 {
  unsafe opened(place)?.pointee.model.imageShape.width ?? 0
}

@c @implementation
public func thimble_image_channels(_ place: UnsafePointer<thimble_model>?) -> UInt32 {
  unsafe opened(place)?.pointee.model.imageShape.channels ?? 0
}

@c @implementation
public func thimble_image_byte_count(_ place: UnsafePointer<thimble_model>?) -> Int {
  unsafe opened(place)?.pointee.model.imageByteCount ?? 0
}

@c @implementation
public func thimble_latent_length(_ place: UnsafePointer<thimble_model>?) -> UInt32 {
  unsafe UInt32(opened(place)?.pointee.model.latentLength ?? 0)
}

@c @implementation
public func thimble_class_count(_ place: UnsafePointer<thimble_model>?) -> UInt32 {
  unsafe UInt32(opened(place)?.pointee.model.classCount ?? 0)
}

@c @implementation
public func thimble_latent_distribution(_ place: UnsafePointer<thimble_model>?) -> Int32 {
  guard let model = unsafe opened(place) else { return -1 }
  return unsafe Int32(bitPattern: model.pointee.model.distribution.rawValue)
}

@c @implementation
public func thimble_metadata(
  _ place: UnsafePointer<thimble_model>?, _ byteCount: UnsafeMutablePointer<Int>?
) -> UnsafePointer<CChar>? {
  let metadata = unsafe opened(place)?.pointee.model.metadata
  // At any address.
  if let byteCount = unsafe byteCount {
    unsafe UnsafeMutableRawPointer(byteCount).storeBytes(of: metadata?.count ?? 0, as: Int.self)
  }
  return unsafe metadata?.baseAddress?.assumingMemoryBound(to: CChar.self)
}

@c @implementation
public func thimble_instruction_set(_ place: UnsafePointer<thimble_model>?) -> UnsafePointer<CChar>? {
  guard let model = unsafe opened(place) else { return nil }
  return unsafe constant(model.pointee.model.instructionSet.name)
}
