/// The element types that a safetensors file may have, by their names there. The project writes the first six; of the others it reads
/// those that `StoredTensor.floatValues` takes, and passes over tensors that nobody asks for.
package enum TensorType: String, Sendable, CaseIterable {
  case u8 = "U8"
  case i16 = "I16"
  case i32 = "I32"
  case i64 = "I64"
  case u64 = "U64"
  case f32 = "F32"
  case bool = "BOOL"
  case i8 = "I8"
  case u16 = "U16"
  case u32 = "U32"
  case f4 = "F4"
  case f6e2m3 = "F6_E2M3"
  case f6e3m2 = "F6_E3M2"
  case f8e4m3 = "F8_E4M3"
  case f8e5m2 = "F8_E5M2"
  case f8e8m0 = "F8_E8M0"
  case f8e4m3fnuz = "F8_E4M3FNUZ"
  case f8e5m2fnuz = "F8_E5M2FNUZ"
  case f16 = "F16"
  case bf16 = "BF16"
  case f64 = "F64"
  case c64 = "C64"

  /// Bits of one element; several of the small types share a byte.
  package var bitCount: Int {
    switch self {
    case .f4: 4
    case .f6e2m3, .f6e3m2: 6
    case .u8, .i8, .bool, .f8e4m3, .f8e5m2, .f8e8m0, .f8e4m3fnuz, .f8e5m2fnuz: 8
    case .i16, .u16, .f16, .bf16: 16
    case .i32, .u32, .f32: 32
    case .i64, .u64, .f64, .c64: 64
    }
  }

  /// Bytes of one element; 0 for types smaller than a byte.
  package var byteCount: Int { bitCount / 8 }
}

extension StoredTensor {
  /// The types that `floatValues` takes.
  package static let floatTypes: [TensorType] = [.f32, .f16, .bf16, .f64]

  /// A copy of the elements as f32, or nil if they are no floating-point numbers of 16 to 64 bits. F16 and BF16 are widened exactly,
  /// F64 is rounded to the nearest.
  package func floatValues() -> [Float]? {
    switch type {
    case .f32: floats()
    case .f16: (copied() as [Float16]).map { Float($0) }
    case .bf16: (copied() as [UInt16]).map { Float(bitPattern: UInt32($0) << 16) }
    case .f64: (copied() as [Double]).map { Float($0) }
    default: nil
    }
  }
}
