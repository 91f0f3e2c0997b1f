// The tiles of 32 registers of four lanes, with a dot product of bytes.

// A convolution: `ConvolutionTile<pixels, registers, sums>`, as many sums as leave registers for weights and inputs.

/// The body of a row.
typealias Wide = ConvolutionTile<4, 4, 16>
var wide: Int { 4 }

/// The end of a row.
typealias Narrow = ConvolutionTile<2, 4, 8>
var narrow: Int { 2 }

/// The few channels of a last layer, of which it computes one register, and a last odd block.
typealias Output = ConvolutionTile<8, 1, 8>
var outputPixels: Int { 8 }

// The dense layer: `DenseTile<images, sums>`.

typealias OneImage = DenseTile<1, 8>
