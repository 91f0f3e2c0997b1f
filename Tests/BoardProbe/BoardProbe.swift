// The kernel lattice for boards, built by tools/boards/build --lattice: a line for each set, name, cases, failed cases. Exits
// with 1 if one failed.
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
  let failures = Failures()
  let lattice = KernelLattice { set, name in
    if failures.count(set) < 3 { print("failed: \(set): \(name)") }
    failures.names.append(set)
  }
  let cases =
    lattice.convolutions() + lattice.largeConvolutions() + lattice.denseLayers() + lattice.checksums()
  print("reference \(lattice.references()) \(failures.count("reference"))")
  for set in KernelSet.all { print("\(set.name) \(cases) \(failures.count(set.name))") }
  return failures.names.isEmpty ? 0 : 1
}
