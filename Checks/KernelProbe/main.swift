// The kernel lattice without a test library: for emulators, and for kernels with faults planted in them (Checks/lattice).
//
//   KernelProbe [small]    ->    a line for each set: name, cases, failed cases. Exits with 1 if one failed.
//
// small: a tenth of the cases.
import Glibc
import KernelLattice

var failed: [String: Int] = [:]
let arguments = CommandLine.arguments.dropFirst()
if !arguments.isEmpty && arguments != ["small"] {
  print("usage: KernelProbe [small]")
  exit(64)
}
let lattice = KernelLattice(isSmall: !arguments.isEmpty) { set, _ in failed[set, default: 0] += 1 }
let cases = lattice.kernels()
precondition(cases >= 100, "the lattice has lost its cases")
print("reference", lattice.references(), failed["reference", default: 0])
for set in KernelSet.all { print(set.name, cases, failed[set.name, default: 0]) }
exit(failed.isEmpty ? 0 : 1)
