import Thimble

// Plans that lie about memory. A plan with one wrong number in it is mostly refused for not being consistent; these are
// consistent first, and then wrong by little.

extension Dice {
  mutating func changePlan(_ bytes: inout Bytes) {
    guard bytes.layerCount >= 2 else { return }
    if once(in: 2) { makePlan(&bytes) }
    // A new plan is to be right now and then.
    for _ in 0..<below(3) { bendPlan(&bytes) }
  }

  /// Another plan for the same layers: the maps one behind the other, or in two places by turns, or anywhere.
  private mutating func makePlan(_ bytes: inout Bytes) {
    let count = bytes.layerCount
    let firstStreamed = once(in: 2) ? count : within(1...count)
    for i in 0..<count {
      let isStreamed = i >= firstStreamed && firstStreamed < count - 1
      let (height, isLast) = (Int(bytes.number(.word(20, i)) % 1025), i == count - 1)
      let held = Int(bytes.number(.word(8, i)) % 1025)
      let mayOverlap = i > 0 && !isLast
      bytes.set(.schedule(i), isStreamed ? 2 : mayOverlap && once(in: 3) ? 1 : 0)
      bytes.set(.stripRows(i), isStreamed && isLast ? UInt64(within(1...max(1, once(in: 2) ? height : 3))) : 0)
      let follows = isStreamed && i > firstStreamed
      bytes.set(.rowsHeld(i), follows ? UInt64(once(in: 3) ? held : within(1...max(1, held))) : 0)
    }
    bytes.set(.minorVersion, 1)
    let sizes = (0..<count).map { inputByteCount(bytes, $0) }
    let way = below(3)
    var (end, arena): (UInt64, UInt64) = (0, 0)
    for i in 0..<count {
      let before = i == 0 ? 0 : bytes.number(.inputOffset(i - 1))
      var place = end
      // The back of the arena is not known before the end: as far up as two neighbours ask for.
      if way == 1 { place = i % 2 == 0 ? 0 : max(sizes[i - 1], i + 1 < count ? sizes[i + 1] : 0) }
      if way == 2 && i > 0 { place = before &+ 64 &* UInt64(below(Int(sizes[i - 1] / 64) + 1)) }
      if way == 2 && i > 0 && once(in: 2) { place = before &- min(before, 64 * UInt64(below(Int(sizes[i] / 64) + 1))) }
      move(&bytes, map: i, to: place)
      end = place &+ sizes[i]
      arena = max(arena, end)
    }
    bytes.set(.arenaImage, arena)
  }

  /// One number of a plan, wrong by little.
  private mutating func bendPlan(_ bytes: inout Bytes) {
    let count = bytes.layerCount
    let map = below(count)
    let place = bytes.number(.inputOffset(map))
    let step = 64 * UInt64(within(1...4))
    switch below(10) {
    case 0: bytes.set(.arenaImage, bytes.number(.arenaImage) &- step)
    case 1: bytes.set(.arenaImage, bytes.number(.arenaImage) &+ step)
    case 2: move(&bytes, map: map, to: place &- step)
    case 3: move(&bytes, map: map, to: place &+ step)
    case 4: move(&bytes, map: map, to: bytes.number(.inputOffset(below(count))) &+ pick([0, step, 0 &- step]))
    case 5: move(&bytes, map: map, to: 64 * UInt64(below(Int(bytes.number(.arenaImage) % (1 << 24) / 64) + 1)))
    case 6: bytes.set(.rowsHeld(map), bytes.number(.rowsHeld(map)) &+ pick([1, UInt64.max, 2, UInt64.max - 1]))
    case 7:
      let strips = Field.stripRows(count - 1)
      bytes.set(strips, pick([bytes.number(strips) &+ 1, bytes.number(strips) &- 1, UInt64(below(16))]))
    case 8: bytes.set(.schedule(map), UInt64(below(3)))
    default: bytes.set(pick([.inputOffset(map), .outputOffset(map)]), place &+ pick([step, 0 &- step, 1, 32]))
    }
  }

  /// Puts the input of a layer, which is the output of the one before, somewhere else.
  private func move(_ bytes: inout Bytes, map: Int, to place: UInt64) {
    bytes.set(.inputOffset(map), place)
    if map > 0 { bytes.set(.outputOffset(map - 1), place) }
  }

  /// Bytes of a layer's input in the arena as format.md has it; anything for records that say anything.
  private func inputByteCount(_ bytes: Bytes, _ layer: Int) -> UInt64 {
    func word(_ offset: Int) -> UInt64 { bytes.number(.word(offset, layer)) % 4097 }
    if layer == 0 { return (word(16) + 63) / 64 * 128 }
    let held = bytes.number(.rowsHeld(layer)) % 1025
    return ((held == 0 ? word(8) : held) * word(12) * ((word(16) + 15) / 16 * 16) + 63) / 64 * 64
  }
}
