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

  /// Of a strided convolution: all taps, for each small position.
  package static func strided(_ g: ConvolutionGeometry) -> GatherTable {
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

  /// Of a fractionally-strided convolution: one table for each phase of big positions.
  static func fractionallyStrided(_ g: ConvolutionGeometry) -> [GatherTable] {
    (0..<g.phaseCount).map { index in
      let phase = g.phase(index)
      var inputs: [Int32] = []
      for tap in phase.taps {
        for row in phase.rows {
          for column in phase.columns {
            inputs.append(Int32(g.smallOffset(row: row, column: column, tap: tap) ?? -1))
          }
        }
      }
      let outputs = phase.rows.flatMap { y in phase.columns.map { Int32((y * g.bigSide + $0) * g.bigChannels) } }
      return GatherTable(inputOffsets: inputs, outputOffsets: outputs, taps: phase.taps, tapsInRow: 1)
    }
  }

  private static func offset(_ y: Int, _ x: Int, side: Int, channels: Int) -> Int32 {
    y < 0 || y >= side || x < 0 || x >= side ? -1 : Int32((y * side + x) * channels)
  }
}
