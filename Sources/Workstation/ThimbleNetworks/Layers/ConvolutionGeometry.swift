/// How a big map and a small map are joined by a convolution: a strided convolution goes from big to small, a
/// fractionally-strided one from small to big, with the same taps and weights.
///
/// Small position i and tap k meet at the big position `i * stride - padding + k`, along both axes. A dense layer is the case of
/// one position and one tap.
package struct ConvolutionGeometry: Sendable, Equatable {
  /// Side of the big map, in positions.
  package var bigSide: Int
  package var bigChannels: Int
  package var smallSide: Int
  package var smallChannels: Int
  package var kernel: Int
  package var stride: Int
  package var padding: Int

  package init(
    bigSide: Int, bigChannels: Int, smallSide: Int, smallChannels: Int, kernel: Int, stride: Int, padding: Int
  ) {
    self.bigSide = bigSide
    self.bigChannels = bigChannels
    self.smallSide = smallSide
    self.smallChannels = smallChannels
    self.kernel = kernel
    self.stride = stride
    self.padding = padding
  }

  /// A dense layer between `bigChannels` and `smallChannels` numbers.
  static func dense(big: Int, small: Int) -> ConvolutionGeometry {
    ConvolutionGeometry(
      bigSide: 1, bigChannels: big, smallSide: 1, smallChannels: small, kernel: 1, stride: 1, padding: 0)
  }

  package var taps: Int { kernel * kernel }
  var weightCount: Int { taps * bigChannels * smallChannels }
  var bigCount: Int { bigSide * bigSide * bigChannels }
  var smallCount: Int { smallSide * smallSide * smallChannels }

  /// Multiply-accumulates an image, counted as (kernel / stride)^2 taps a big position: borders not subtracted.
  package var multiplyAccumulates: Int {
    bigSide * bigSide * bigChannels * smallChannels * kernel * kernel / (stride * stride)
  }
}

/// Where the inputs and outputs of each position lie, for the kernels: computed once for a geometry.
package struct GatherTable {
  /// Shape: [taps][positions]; -1 off the map.
  package let inputOffsets: [Int32]
  /// Shape: [positions].
  let outputOffsets: [Int32]
  /// Indices ky * kernel + kx of the taps, ascending.
  let taps: [Int]
  /// So many taps in a row read neighbouring positions.
  let tapsInRow: Int
  var positions: Int { outputOffsets.count }

  /// From big to small: all taps, for each small position.
  package static func down(_ g: ConvolutionGeometry) -> GatherTable {
    var inputs: [Int32] = []
    for tap in 0..<g.taps {
      for p in 0..<(g.smallSide * g.smallSide) {
        let y = p / g.smallSide * g.stride - g.padding + tap / g.kernel
        let x = p % g.smallSide * g.stride - g.padding + tap % g.kernel
        inputs.append(offset(y, x, side: g.bigSide, channels: g.bigChannels))
      }
    }
    let outputs = (0..<(g.smallSide * g.smallSide)).map { Int32($0 * g.smallChannels) }
    return GatherTable(inputOffsets: inputs, outputOffsets: outputs, taps: Array(0..<g.taps), tapsInRow: g.kernel)
  }

  /// From small to big: one table for each phase (ky mod stride, kx mod stride) of big positions.
  static func up(_ g: ConvolutionGeometry) -> [GatherTable] {
    (0..<(g.stride * g.stride)).map { phase in
      let (a, b) = (phase / g.stride, phase % g.stride)
      let rows = (0..<g.bigSide).filter { ($0 + g.padding) % g.stride == a }
      let columns = (0..<g.bigSide).filter { ($0 + g.padding) % g.stride == b }
      let taps = (0..<g.taps).filter { $0 / g.kernel % g.stride == a && $0 % g.kernel % g.stride == b }
      var inputs: [Int32] = []
      for tap in taps {
        for y in rows {
          for x in columns {
            let (dy, dx) = (y + g.padding - tap / g.kernel, x + g.padding - tap % g.kernel)
            inputs.append(
              offset(
                dy < 0 ? -1 : dy / g.stride, dx < 0 ? -1 : dx / g.stride, side: g.smallSide, channels: g.smallChannels))
          }
        }
      }
      let outputs = rows.flatMap { y in columns.map { Int32((y * g.bigSide + $0) * g.bigChannels) } }
      return GatherTable(inputOffsets: inputs, outputOffsets: outputs, taps: taps, tapsInRow: 1)
    }
  }

  private static func offset(_ y: Int, _ x: Int, side: Int, channels: Int) -> Int32 {
    y < 0 || y >= side || x < 0 || x >= side ? -1 : Int32((y * side + x) * channels)
  }
}
