import KernelLattice
import Testing

@Suite struct KernelTests {
  private let lattice = KernelLattice { set, name in Issue.record("\(set): \(name)") }

  /// Would catch a wrong tap, phase, packing, tail, clamp or write outside in any kernel of any instruction set.
  @Test func tilesGiveTheBytesOfThePlainReference() {
    let cases = lattice.convolutions()
    print("convolutions: \(cases) cases on \(KernelSet.all.map(\.name))")
    #expect(cases >= 2000)
    #expect(lattice.largeConvolutions() == 15)
  }

  @Test func theReferenceAgreesWithAScatter() { #expect(lattice.references() >= 300) }

  @Test func denseLayersGiveTheBytesOfThePlainReference() { #expect(lattice.denseLayers() == 800) }

  @Test func checksumsAgreeWithPublishedOnes() { #expect(lattice.checksums() > 300) }

  /// AVX-VNNI's kernels run wherever AVX-512 VNNI is, in its encoding.
  @Test func theTwinRunsWhereItCan() {
    let names = KernelSet.all.map(\.name)
    #expect(names.contains("v3vnni-twin") == names.contains("v4vnni"))
  }
}
