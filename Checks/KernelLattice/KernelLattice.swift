import ThimbleKernelInterface
import ThimbleKernels

/// All kernels against their plain references, and these against the definition in wide integers.
///
/// `fail` is called with the name of the set, or `reference`, and that of the case.
package struct KernelLattice {
  let sets: [KernelSet]
  private let isSmall: Bool
  let fail: (_ set: String, _ name: String) -> Void

  /// - Parameter isSmall: a tenth of the cases, as many of each kind.
  package init(
    _ sets: [KernelSet] = KernelSet.all, isSmall: Bool = false,
    fail: @escaping (_ set: String, _ name: String) -> Void
  ) {
    (self.sets, self.isSmall, self.fail) = (sets, isSmall, fail)
  }

  /// All kernels. Returns the number of cases.
  package func kernels() -> Int { convolutions() + largeConvolutions() + denseLayers() + checksums() }

  /// Kernel 1 ... 6, stride 1 ... 3, all paddings, maps down to one pixel. Returns the number of cases.
  package func convolutions() -> Int {
    ConvolutionCase.forLattice(shapesEach: isSmall ? 3 : 24, compareWithReference)
  }

  /// Kernels whose last layer does not fit into the room for rearranged weights, maps of several units, all channels.
  package func largeConvolutions() -> Int {
    var random = TestRandom(23)
    var cases = 0
    for (kernel, stride, input, images) in [(16, 1, (4, 3, 64), 1), (9, 2, (5, 5, 120), 3), (4, 2, (40, 40, 16), 1)] {
      for channels in isSmall ? [4, 50] : [1, 2, 3, 4, 50] {
        guard
          let one = ConvolutionCase(
            kernel: kernel, stride: stride, padding: 1, outputPadding: 0, input: input, channels: channels,
            images: images, numbers: .slow, table: channels <= 4, random: &random)
        else { continue }
        compareWithReference(one, "k\(kernel) s\(stride) channels \(channels)")
        cases += 1
      }
    }
    return cases
  }

  /// A smaller lattice: the plain reference against a scatter in 64 bits.
  package func references() -> Int {
    ConvolutionCase.forLattice(shapesEach: isSmall ? 1 : 4) { one, name in
      let found = one.output { fractionallyStridedConvolutionReference(one.layer) }
      if found != one.scattered() { fail("reference", name) }
    }
  }

  package func denseLayers() -> Int {
    DenseCase.forAll(lengths: isSmall ? [5] : [1, 3, 4, 5, 64, 65, 100, 1024]) { one in
      let wanted = one.referenceOutput()
      for set in sets where one.output(set) != wanted || !one.isIntact { fail(set.name, one.name) }
    }
  }

  private func compareWithReference(_ one: ConvolutionCase, _ name: String) {
    let wanted = one.output { fractionallyStridedConvolutionReference(one.layer) }
    for set in sets {
      let kernel = one.layer.table == nil ? set.kernels.fractionallyStridedConvolution : set.kernels.outputConvolution
      let found = one.output {
        for unit in 0..<one.layer.unitCount { kernel(one.layer, unit) }
      }
      if found != wanted { fail(set.name, name) }
      if !one.isIntact { fail(set.name, name + ": bytes outside of its buffers") }
    }
  }
}
