// The tiles of 32 registers of sixteen lanes.

// A convolution: `ConvolutionTile<pixels, registers, sums>`, as many sums as leave registers for weights and inputs.

/// The body of a row.
typealias Wide = ConvolutionTile<8, 2, 16>
var wide: Int { 8 }

/// The end of a row.
typealias Narrow = ConvolutionTile<4, 2, 8>
var narrow: Int { 4 }

/// Rows of few pixels.
typealias Short = ConvolutionTile<4, 4, 16>

/// The few channels of a last layer, of which it computes one register, and a last odd block.
typealias Output = ConvolutionTile<8, 1, 8>
var outputPixels: Int { 8 }

// The dense layer: `DenseTile<images, sums>`.

typealias ManyImages = DenseTile<8, 16>
typealias OneImage = DenseTile<1, 2>

#if !THIMBLE_COMPACT
  // The last layer, lanes along the inputs: `OutputTile<pixels, channels, values>`.

  typealias OneChannel = OutputTile<16, 1, 16>
  typealias ThreeChannels = OutputTile<8, 3, 24>
#endif
