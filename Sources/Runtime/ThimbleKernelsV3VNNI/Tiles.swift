// The tiles of 16 registers of eight lanes, with a dot product of bytes.

// A convolution: `ConvolutionTile<pixels, registers, sums>`, as many sums as leave registers for weights and inputs.

/// The body of a row.
typealias Wide = ConvolutionTile<6, 2, 12>
var wide: Int { 6 }

/// The end of a row.
typealias Narrow = ConvolutionTile<4, 2, 8>
var narrow: Int { 4 }

/// The few channels of a last layer, of which it computes one register, and a last odd block.
typealias Output = ConvolutionTile<8, 1, 8>
var outputPixels: Int { 8 }

// The dense layer: `DenseTile<images, sums>`.

typealias ManyImages = DenseTile<2, 8>
typealias OneImage = DenseTile<1, 4>

#if !THIMBLE_COMPACT
  // The last layer, lanes along the inputs: `OutputTile<pixels, channels, values>`.

  typealias OneChannel = OutputTile<8, 1, 8>
  typealias ThreeChannels = OutputTile<4, 3, 12>
#endif
