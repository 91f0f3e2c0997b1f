// The tiles of 16 registers of four lanes, and of processors without vectors.

// A convolution: `ConvolutionTile<pixels, registers, sums>`, as many sums as leave registers for weights and inputs.

#if arch(riscv64)
  /// The body of a row.
  typealias Wide = ConvolutionTile<1, 4, 4>
  var wide: Int { 1 }

  /// The end of a row needs no tile of its own.
  typealias Narrow = Wide
  var narrow: Int { 0 }
#else
  /// The body of a row.
  typealias Wide = ConvolutionTile<2, 4, 8>
  var wide: Int { 2 }

  /// The end of a row.
  typealias Narrow = ConvolutionTile<1, 4, 4>
  var narrow: Int { 1 }
#endif

/// The few channels of a last layer, of which it computes one register, and a last odd block.
typealias Output = ConvolutionTile<4, 1, 4>
var outputPixels: Int { 4 }

/// The dense layer: `DenseTile<images, sums>`.
typealias OneImage = DenseTile<1, 8>
