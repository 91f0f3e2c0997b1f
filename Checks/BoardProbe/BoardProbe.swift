// The kernel lattice for boards, built by tools/boards/build TARGET lattice:
//
//   kernel-probe [small]    ->    a line for each set: name, cases, failed cases. Exits with 1 if one failed.
//
// small: a tenth of the cases.
import KernelLattice

/// Counts the failures of each set.
private final class Failures {
  var names: [String] = []
  func count(_ name: String) -> Int {
    var count = 0
    // By bytes: comparing strings would bring the tables of Unicode.
    for other in names where other.utf8.elementsEqual(name.utf8) { count += 1 }
    return count
  }
}

/// Runs all cases.
@_cdecl("thimble_main") public func thimbleMain(_ count: Int32, _ arguments: UnsafeRawPointer) -> Int32 {
  let words = arguments.assumingMemoryBound(to: UnsafePointer<UInt8>.self)
  // Ends where the word does or before: the zero behind it differs from every letter.
  let isSmall = count == 2 && "small\0".utf8.enumerated().allSatisfy { words[1][$0.offset] == $0.element }
  if count > 1 && !isSmall {
    print("usage: kernel-probe [small]")
    return 64
  }
  let failures = Failures()
  let lattice = KernelLattice(isSmall: isSmall) { set, name in
    if failures.count(set) < 3 { print("failed: \(set): \(name)") }
    failures.names.append(set)
  }
  let cases = lattice.kernels()
  if cases < 100 {
    print("the lattice has lost its cases")
    return 70
  }
  print("reference \(lattice.references()) \(failures.count("reference"))")
  for set in KernelSet.all { print("\(set.name) \(cases) \(failures.count(set.name))") }
  return failures.names.isEmpty ? 0 : 1
}
