import ThimbleIntrinsics

// int4 weights are unpacked, a group at a time, to the int8 ones that they stand for: every sum is then that of int8.

/// Unpacks the steps of one group that shares its scales: 8 bytes of scales, then 32 bytes a step, to 64 bytes a step. `room`
/// holds `steps` x 64 bytes.
@inline(__always)
func unpackGroup(_ packed: UnsafePointer<UInt8>, steps: Int, to room: UnsafeMutablePointer<Int8>) {
  let scales = thimble_scales(packed)
  for step in 0..<steps { thimble_unpack_step(packed + (8 + 32 * step), scales, room + 64 * step) }
}

/// Unpacks sixteen inputs of some blocks, `blockBytes` apart, to 256 bytes each.
@inline(never)
func unpackGroups(
  _ packed: UnsafePointer<Int8>, _ blockBytes: Int, _ blocks: Int, to room: UnsafeMutablePointer<Int8>
) {
  let packed = UnsafeRawPointer(packed).assumingMemoryBound(to: UInt8.self)
  for block in 0..<blocks { unpackGroup(packed + block * blockBytes, steps: 4, to: room + block * 256) }
}

/// Unpacks all inputs of a tap or position x 16 outputs, `steps` steps in groups of `groupSteps`.
@inline(__always)
func unpackRow(_ packed: UnsafePointer<UInt8>, steps: Int, groupSteps: Int, to room: UnsafeMutablePointer<Int8>) {
  var (from, to) = (packed, room)
  var left = steps
  while left > 0 {
    let count = min(left, groupSteps)
    unpackGroup(from, steps: count, to: to)
    from += 8 + 32 * count
    to += 64 * count
    left -= count
  }
}

/// One int4 weight of a row, by definition: what the plain references read. Inlined, since `groupSteps` is constant wherever this is
/// called: to divide by it is dear where a processor cannot.
@inline(__always)
func int4Weight(_ row: UnsafePointer<Int8>, groupSteps: Int, output: Int, input: Int) -> Int32 {
  let bytes = UnsafeRawPointer(row).assumingMemoryBound(to: UInt8.self)
  let (group, step) = (input / (4 * groupSteps), input / 4 % groupSteps)
  func half(_ index: Int) -> Int32 { Int32(bytes[index / 2] >> UInt8(index % 2 * 4) & 15) }
  let scales = group * (16 + 64 * groupSteps)
  return (half(scales + 16 + step * 64 + output * 4 + input % 4) - 8) * half(scales + output)
}
