// The tiles of 16 registers of four lanes in all, inputs and weights widened there too.

// A convolution: `ConvolutionTile<pixels, registers, sums>`, as many sums as leave registers for weights and inputs.

/// The body of a row.
typealias Wide = ConvolutionTile<1, 4, 4>
var wide: Int { 1 }

/// The end of a row needs no tile of its own.
typealias Narrow = Wide
var narrow: Int { 0 }

/// The few channels of a last layer, of which it computes one register, and a last odd block.
typealias Output = ConvolutionTile<4, 1, 4>
var outputPixels: Int { 4 }

// The dense layer: `DenseTile<images, sums>`.

typealias OneImage = DenseTile<1, 8>
