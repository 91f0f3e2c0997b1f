/// Pixels from what generators put out.
package enum Pixel {
  /// The byte v for which v / 127.5 - 1 is nearest to `value`.
  package static func byte(_ value: Float) -> UInt8 {
    UInt8(max(0, min(255, ((value + 1) * 127.5).rounded(.toNearestOrEven))))
  }
}
