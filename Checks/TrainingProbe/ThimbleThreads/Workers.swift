/// The workers of a board without threads: one, in the order that is hardest on whoever relies on another, from the last share to
/// the first. A loop has as many shares as three threads would make of it.
package final class Workers {
  package let count = 3

  package init() {}

  package func share(_ total: Int, multiple: Int = 1, _ body: (Range<Int>) -> Void) {
    let units = (total + multiple - 1) / multiple
    let shares = min(count * 4, units)
    for share in (0..<shares).reversed() {
      let lower = units * share / shares * multiple
      let upper = min(total, units * (share + 1) / shares * multiple)
      if lower < upper { body(lower..<upper) }
    }
  }
}
