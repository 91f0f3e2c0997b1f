import ThimbleKernelInterface

// 16 lanes are one of 32 registers: with two blocks of them, 16 registers hold sums.

/// Positions of a tile of the gathered product, and its blocks of 16 lanes.
let tilePositions = 8
typealias Tile<Element> = InlineArray<8, Element>
let tileBlocks = 2

/// Rows and columns of a tile of the weight gradient.
let gradientRows = 8
let gradientColumns = 2
typealias GradientSums = InlineArray<16, Lanes>

/// Fused multiply-adds that do not wait for each other, enough to keep the units busy.
let probeChains = 12
