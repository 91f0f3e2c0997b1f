/// A byte of an image and the number in [-1, 1] that it stands for: v stands for v / 127.5 - 1. Every function here keeps its own
/// rounding, since files depend on each of them.
package enum Pixel {
  /// Half of the range of a byte.
  @usableFromInline static var half: Float { 127.5 }

  /// The number that a byte stands for: v / 127.5 - 1.
  @inlinable package static func value(_ byte: UInt8) -> Float { value(Float(byte)) }

  /// The number that a mean of bytes stands for.
  @inlinable package static func value(_ mean: Float) -> Float { mean / half - 1 }

  /// The number that a byte stands for, in f64.
  @inlinable package static func wideValue(_ byte: UInt8) -> Double { Double(byte) / Double(half) - 1 }

  /// How far a byte is from the middle of the range: v - 127.5.
  @inlinable package static func centred(_ byte: UInt8) -> Float { Float(byte) - half }

  /// A number on the scale of bytes, not rounded: (x + 1) * 127.5.
  @inlinable package static func level(_ value: Float) -> Float { (value + 1) * half }

  /// The byte v for which v / 127.5 - 1 is nearest to `value`: halves to even, clamped to 0 ... 255.
  @inlinable package static func byte(_ value: Float) -> UInt8 {
    UInt8(max(0, min(255, level(value).rounded(.toNearestOrEven))))
  }

  /// The byte of an exported generator's output table, halves up. `value` is in [-1, 1].
  package static func tableByte(_ value: Double) -> UInt8 {
    UInt8(((value + 1) * Double(half) + 0.5).rounded(.down))
  }

  /// The byte of a signed strength in [-1, 1], 0 in the middle: halves away from zero, clamped to 0 ... 255.
  package static func strengthByte(_ strength: Float) -> UInt8 {
    UInt8(max(0, min(255, (half + half * strength).rounded())))
  }
}
