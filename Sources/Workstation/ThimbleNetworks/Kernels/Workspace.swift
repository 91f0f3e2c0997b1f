import Glibc

/// A place in a workspace: a number of floats, 64-byte aligned.
package struct Slot: Sendable {
  let offset: Int
  let count: Int
  /// Stands for the shared place, which lies after all others.
  fileprivate static let shared = -1
}

/// All memory of a network or a training run: places are reserved first, then allocated at once, zeroed; nothing is allocated
/// afterwards. 32 floats follow the last place, so that kernels may read a little past a row.
@safe package final class Workspace {
  private var reserved = 0
  private var shared = 0
  private var base: UnsafeMutablePointer<Float>?

  private static let largePage = 1 << 21

  package init() {}

  /// Bytes that `allocate` will take, or has taken.
  package var byteCount: Int { (shared + reserved + 32) * 4 }

  package func reserve(_ count: Int) -> Slot {
    unsafe precondition(base == nil, "a workspace is sized before its first use")
    let slot = Slot(offset: reserved, count: count)
    reserved += (count + 15) / 16 * 16
    return slot
  }

  /// Reserves a place that all who ask for one share: for what is not needed from one call to the next.
  package func reserveShared(_ count: Int) -> Slot {
    unsafe precondition(base == nil, "a workspace is sized before its first use")
    shared = max(shared, (count + 15) / 16 * 16)
    return Slot(offset: Slot.shared, count: count)
  }

  /// Allocates and zeroes all that was reserved.
  package func allocate() {
    unsafe precondition(base == nil)
    // Large pages, where the system gives them to those who ask: fewer translations of addresses.
    let isLarge = byteCount >= 2 * Self.largePage
    let raw = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: isLarge ? Self.largePage : 64)
    if isLarge { unsafe madvise(raw, byteCount, MADV_HUGEPAGE) }
    unsafe base = raw.bindMemory(to: Float.self, capacity: byteCount / 4)
    unsafe base!.initialize(repeating: 0, count: byteCount / 4)
  }

  package subscript(slot: Slot) -> UnsafeMutablePointer<Float> {
    unsafe base! + (slot.offset == Slot.shared ? reserved : slot.offset)
  }

  deinit { unsafe base?.deallocate() }
}
