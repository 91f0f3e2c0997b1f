import ThimbleIntrinsics

// int4 weights are unpacked, a group at a time, to the int8 ones that they stand for: every sum is then that of int8.

/// Unpacks the steps of one group that shares its scales: 8 bytes of scales, then 32 bytes a step, to 64 bytes a step. `room`
/// holds `steps` x 64 bytes.
@inline(__always)
func unpackGroup(_ packed: UnsafePointer<UInt8>, steps: Int, to room: UnsafeMutablePointer<Int8>) {
  let scales = thimble_scales(packed)
  for step in 0..<steps { thimble_unpack_step(packed + (8 + 32 * step), scales, room + 64 * step) }
}

/// Unpacks whole rows, all inputs of a tap or position x 16 outputs each, of `steps` steps in groups of `groupSteps`.
public func unpackRows(
  _ packed: UnsafePointer<UInt8>, rows: Int, steps: Int, groupSteps: Int, to room: UnsafeMutablePointer<Int8>
) {
  var (from, to) = (packed, room)
  for _ in 0..<rows {
    var left = steps
    while left > 0 {
      let count = min(left, groupSteps)
      unpackGroup(from, steps: count, to: to)
      from += 8 + 32 * count
      to += 64 * count
      left -= count
    }
  }
}
