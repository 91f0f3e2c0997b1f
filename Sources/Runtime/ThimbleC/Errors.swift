// The names and their comments are those of thimble.h.
// swift-format-ignore-file: AlwaysUseLowerCamelCase, AllPublicDeclarationsHaveDocumentation

import CThimble
import Thimble

/// What a C function returns: 0, or the status of what `body` throws, which goes to `place` if there is one.
func status(_ place: UnsafeMutablePointer<thimble_error>?, _ body: () throws(ThimbleError) -> Void) -> Int32 {
  do {
    try body()
    return 0
  } catch {
    // At any address.
    if let place = unsafe place {
      unsafe UnsafeMutableRawPointer(place).storeBytes(of: thimble_error(error), as: thimble_error.self)
    }
    return error.status
  }
}

/// A size_t as a number; Swift imports it as a signed one.
func number(_ count: Int) -> UInt64 { UInt64(UInt(bitPattern: count)) }

/// The bytes of a constant, which Swift ends with a zero.
func constant(_ text: StaticString) -> UnsafePointer<CChar> {
  unsafe UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self)
}

extension ThimbleError {
  fileprivate var status: Int32 { Int32(code.rawValue) + 1 }
}

extension thimble_error {
  fileprivate init(_ error: ThimbleError) {
    unsafe self.init(
      status: error.status, layer: error.layer, relation: Int32(error.relation.rawValue), reserved: 0,
      found: error.found, wanted: error.wanted, field: constant(error.field))
  }

  /// What it was made of, but for the field's name; nil if no function of the library wrote it.
  fileprivate var original: ThimbleError? {
    guard let code = unsafe ThimbleError.Code(rawValue: UInt8(clamping: status - 1)), unsafe status > 0,
      let relation = unsafe ThimbleError.Relation(rawValue: UInt8(clamping: relation))
    else { return nil }
    return unsafe ThimbleError(code, "", layer: Int(layer), found: found, relation, wanted)
  }
}

extension ThimbleError.Code {
  /// A few words.
  fileprivate var text: StaticString {
    switch self {
    case .file: "cannot be opened, read or mapped"
    case .format: "not a .thimble file, or damaged"
    case .unsupported: "of a later version"
    case .instructionSet: "no such instruction set here"
    case .memory: "memory too small, or not aligned to 64"
    case .arguments: "null or unaligned pointer, wrong count, or NaN"
    }
  }
}

@c @implementation
public func thimble_status_text(_ status: Int32) -> UnsafePointer<CChar>? {
  if status == 0 { return unsafe constant("done") }
  guard status > 0, let code = ThimbleError.Code(rawValue: UInt8(clamping: status - 1)) else {
    return unsafe constant("not a status of Thimble")
  }
  return unsafe constant(code.text)
}

@c @implementation
public func thimble_error_text(
  _ error: UnsafePointer<thimble_error>?, _ text: UnsafeMutablePointer<CChar>?, _ byteCount: Int
) -> Int {
  let room = unsafe text == nil ? 0 : byteCount < 0 ? Int.max : byteCount
  let start = unsafe UnsafeMutableRawPointer(text)?.assumingMemoryBound(to: UInt8.self)
  var writer = unsafe TextWriter(UnsafeMutableBufferPointer(start: start, count: max(0, room - 1)))
  if let error = unsafe error {
    unsafe write(UnsafeRawPointer(error).loadUnaligned(as: thimble_error.self), to: &writer)
  }
  if room > 0 { unsafe start?[min(writer.count, room - 1)] = 0 }
  return writer.count
}

private func write(_ error: thimble_error, to writer: inout TextWriter) {
  guard let original = unsafe error.original, let field = unsafe error.field else {
    return writer.write("not an error of Thimble")
  }
  var length = 0
  while unsafe field[length] != 0 { length += 1 }
  let bytes = unsafe UnsafeRawPointer(field).assumingMemoryBound(to: UInt8.self)
  unsafe original.writeLine(to: &writer, field: UnsafeBufferPointer(start: bytes, count: length))
  writer.write("\n")
  switch original.code {
  case .arguments: writer.write("See thimble.h for the allowed values.")
  case .memory:
    writer.write("Give memory aligned to 64; for a generator, as many bytes as thimble_generator_byte_count says.")
  default: writer.write(original.adviceText)
  }
}

@c @implementation
public func thimble_version() -> UnsafePointer<CChar>? { unsafe thimble_header_version() }
