/// Floats between the patches of a tile's positions: the longest there is.
let patchLength = 128

/// Puts the rows of all taps at one position together: taps x channels numbers, zeros off the map.
/// - Parameters:
///   - offsets: of the first tap, those of the next ones `positions` apart; -1 off the map.
///   - tapsInRow: so many taps lie side by side in the map.
@inline(__always)
func gatherPatch(
  _ map: UnsafePointer<Float>, _ offsets: UnsafePointer<Int32>, positions: Int, taps: Int, tapsInRow: Int,
  channels: Int, zeros: UnsafePointer<Float>, to patch: UnsafeMutablePointer<Float>
) {
  var t = 0
  while t < taps {
    let (first, last) = (offsets[t * positions], offsets[(t + tapsInRow - 1) * positions])
    if first >= 0 && last >= 0 {
      copy(map + Int(first), patch + t * channels, tapsInRow * channels)
    } else {
      for tap in t..<(t + tapsInRow) {
        let offset = Int(offsets[tap * positions])
        copy(offset < 0 ? zeros : map + offset, patch + tap * channels, channels)
      }
    }
    t += tapsInRow
  }
}

/// Copies a few numbers.
@inline(__always)
private func copy(_ source: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>, _ count: Int) {
  var at = 0
  while at + 4 <= count {
    let four = UnsafeRawPointer(source + at).loadUnaligned(as: SIMD4<Float>.self)
    UnsafeMutableRawPointer(target + at).storeBytes(of: four, as: SIMD4<Float>.self)
    at += 4
  }
  while at < count {
    target[at] = source[at]
    at += 1
  }
}
