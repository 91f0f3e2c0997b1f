/// The weights by which the pixels of one axis are mixed: whole numbers over a common total, so that nothing is rounded
/// before the very end.
///
/// - Fewer pixels: the exact average over the area of the new pixel. In units of 1/to of an old pixel, new pixel o covers
///   [o * from, (o + 1) * from), old pixel i covers [i * to, (i + 1) * to); the weight is the length of the overlap.
/// - More pixels: linear between the centres of the two nearest old pixels, the edge repeated beyond the outermost centres.
struct AxisWeights {
  /// For each new pixel its first old pixel.
  private(set) var first: [Int] = []
  /// The weights of new pixel o are those from ends[o] to ends[o + 1]; they add up to `total`.
  private(set) var weights: [UInt32] = []
  private(set) var ends = [0]
  let total: UInt64

  init(from: Int, to: Int) {
    precondition(from > 0 && to > 0)
    total = UInt64(from >= to ? from : 2 * to)
    for new in 0..<to {
      if from >= to { average(new, from, to) } else { interpolate(new, from, to) }
      ends.append(weights.count)
    }
  }

  private mutating func average(_ new: Int, _ from: Int, _ to: Int) {
    let (start, end) = (new * from, (new + 1) * from)
    first.append(start / to)
    for old in start / to...(end - 1) / to {
      weights.append(UInt32(min(end, (old + 1) * to) - max(start, old * to)))
    }
  }

  private mutating func interpolate(_ new: Int, _ from: Int, _ to: Int) {
    // The new centre, from the centre of old pixel 0, in units of 1 / (2 * to) of an old pixel.
    let place = min(max((2 * new + 1) * from - to, 0), (from - 1) * 2 * to)
    let fraction = place % (2 * to)
    first.append(place / (2 * to))
    weights += fraction == 0 ? [UInt32(2 * to)] : [UInt32(2 * to - fraction), UInt32(fraction)]
  }
}

/// Resamples a square image to a square of another size; exact sums, one rounding, half up.
///
/// - Parameters:
///   - source: u8. Shape: [from, from, channels].
///   - target: u8. Shape: [to, to, channels].
func resample(
  _ source: UnsafePointer<UInt8>, from: Int, to: Int, channels: Int, into target: UnsafeMutablePointer<UInt8>
) {
  let axis = AxisWeights(from: from, to: to)
  let total = axis.total * axis.total
  // At most 255 * total of one axis: 255 * 16,384 fits 32 bits. The sum over both axes has 64.
  var row = [UInt32](repeating: 0, count: to * channels)
  var sums = [UInt64](repeating: 0, count: to * channels)
  for y in 0..<to {
    for i in sums.indices { sums[i] = total / 2 }
    for at in axis.ends[y]..<axis.ends[y + 1] {
      let oldRow = axis.first[y] + at - axis.ends[y]
      unsafe mix(source + oldRow * from * channels, axis, channels, into: &row)
      for i in sums.indices { sums[i] += UInt64(axis.weights[at]) * UInt64(row[i]) }
    }
    for i in sums.indices { unsafe target[y * to * channels + i] = UInt8(sums[i] / total) }
  }
}

/// One row along the horizontal axis, not yet divided by the total.
private func mix(_ source: UnsafePointer<UInt8>, _ axis: AxisWeights, _ channels: Int, into row: inout [UInt32]) {
  for x in axis.first.indices {
    let (start, end) = (axis.ends[x], axis.ends[x + 1])
    for channel in 0..<channels {
      var from = unsafe source + axis.first[x] * channels + channel
      var sum: UInt32 = 0
      for at in start..<end {
        unsafe sum += axis.weights[at] * UInt32(from.pointee)
        unsafe from += channels
      }
      row[x * channels + channel] = sum
    }
  }
}
