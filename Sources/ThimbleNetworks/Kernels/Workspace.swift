/// A place in a workspace: a number of floats, 64-byte aligned.
package struct Slot: Sendable {
  let offset: Int
  let count: Int
}

/// All memory of a network or a training run: places are reserved first, then allocated at once, zeroed; nothing is allocated
/// afterwards. 32 floats lie behind the last place, so that kernels may read a little past a row.
package final class Workspace {
  private var reserved = 0
  private var base: UnsafeMutablePointer<Float>?

  package init() {}

  /// Bytes that `allocate` will take, or has taken.
  package var byteCount: Int { (reserved + 32) * 4 }

  package func reserve(_ count: Int) -> Slot {
    precondition(base == nil, "a workspace is sized before its first use")
    let slot = Slot(offset: reserved, count: count)
    reserved += (count + 15) / 16 * 16
    return slot
  }

  /// Allocates and zeroes all that was reserved.
  package func allocate() {
    precondition(base == nil)
    let raw = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 64)
    base = raw.bindMemory(to: Float.self, capacity: reserved + 32)
    base!.initialize(repeating: 0, count: reserved + 32)
  }

  package subscript(slot: Slot) -> UnsafeMutablePointer<Float> { base! + slot.offset }

  deinit { base?.deallocate() }
}
