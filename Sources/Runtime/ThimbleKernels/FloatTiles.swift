import ThimbleKernelInterface

// 16 lanes are two registers of AVX2 or four of SSE and NEON.

/// Positions of a tile of the gathered product, and its blocks of 16 lanes.
let tilePositions = 5
typealias Tile<Element> = InlineArray<5, Element>
let tileBlocks = 1

/// Rows and columns of a tile of the weight gradient.
let gradientRows = 4
let gradientColumns = 1
typealias GradientSums = InlineArray<4, Lanes>

/// Fused multiply-adds that do not wait for each other, enough to keep the units busy.
let probeChains = 6
