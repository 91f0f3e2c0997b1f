import Glibc
import Thimble

/// Mutant after mutant, and what became of them.
struct Campaign {
  let originals: [Original]
  let seed: UInt64
  /// Mutants that show a fault of the library.
  private(set) var faults = 0
  private let trial = Trial()
  private var counts: [Kind: Counts] = [:]
  private var refusals: [String: Int] = [:]

  /// The most faults that are printed before giving up, and the seconds that one mutant may take.
  private static let mostFaults = 20, mostSeconds: UInt32 = 60

  private struct Counts {
    var read = 0, sealed = 0, refused = 0, accepted = 0, skipped = 0, wrong = 0
  }

  init(originals: [Original], seed: UInt64) { (self.originals, self.seed) = (originals, seed) }

  /// Tries the mutants of some numbers and prints a table.
  mutating func run(_ numbers: Range<Int>) {
    for number in numbers {
      attempt(number)
      if faults == Self.mostFaults { break }
    }
    printTable()
  }

  /// Prints what becomes of one mutant, and writes it to a file if asked.
  mutating func show(_ number: Int, _ path: String?) {
    let mutant = Mutant(number, of: originals, seed: seed)
    let block = mutant.block()
    print(name(mutant, number) + ", \(mutant.bytes.count) bytes")
    if let path, let file = fopen(path, "w") {
      fwrite(block.bytes.baseAddress!, 1, block.bytes.count, file)
      fclose(file)
    }
    fflush(nil)
    print(attempt(number))
  }

  @discardableResult
  private mutating func attempt(_ number: Int) -> Verdict {
    mutantInHand = number
    alarm(Self.mostSeconds)
    let mutant = Mutant(number, of: originals, seed: seed)
    let verdict = trial.verdict(mutant, number)
    mutantInHand = -1
    var count = counts[mutant.kind] ?? Counts()
    count.read += 1
    if mutant.isSealed { count.sealed += 1 }
    switch verdict {
    case .refused(let error):
      count.refused += 1
      refusals["\(error.field)", default: 0] += 1
    case .accepted: count.accepted += 1
    case .skipped: count.skipped += 1
    case .wrong(let what):
      count.wrong += 1
      faults += 1
      print("\(name(mutant, number)): \(what)")
      fflush(nil)
    }
    counts[mutant.kind] = count
    return verdict
  }

  private func name(_ mutant: Mutant, _ number: Int) -> String {
    "mutant \(number) (\(mutant.kind), \(mutant.original.name), \(mutant.other.name)\(mutant.isSealed ? ", sealed" : ""))"
  }

  private func printTable() {
    print(row("", "read", "sealed", "refused", "accepted", "not run", "wrong"))
    var sum = Counts()
    for kind in Kind.allCases {
      guard let count = counts[kind] else { continue }
      print(row(kind.rawValue, count))
      sum.read += count.read
      sum.sealed += count.sealed
      sum.refused += count.refused
      sum.accepted += count.accepted
      sum.skipped += count.skipped
      sum.wrong += count.wrong
    }
    print(row("all", sum))
    print("instruction sets: \(trial.sets.map { "\($0.name)" }.joined(separator: ", ")); refused most often for:")
    for (field, count) in refusals.sorted(by: { ($0.value, $1.key) > ($1.value, $0.key) }).prefix(10) {
      print(padded("\(count)", 10) + "  " + field)
    }
  }

  private func row(_ name: String, _ count: Counts) -> String {
    row(
      name, "\(count.read)", "\(count.sealed)", "\(count.refused)", "\(count.accepted)", "\(count.skipped)",
      "\(count.wrong)")
  }

  private func row(_ name: String, _ columns: String...) -> String {
    name + String(repeating: " ", count: 10 - name.utf8.count) + columns.map { padded($0, 10) }.joined()
  }

  private func padded(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.utf8.count)) + text
  }
}
