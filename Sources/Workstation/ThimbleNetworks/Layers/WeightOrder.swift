/// Where the weights of each kind of layer lie, in memory and in files.
extension LayerKind {
  /// The sides of the weights in files, as PyTorch has them.
  package var fileShape: [Int] {
    switch self {
    case .dense(let g): [g.outputs, g.inputs]
    case .stridedConvolution(let g), .fractionallyStridedConvolution(let g):
      [g.smallChannels, g.bigChannels, g.kernel, g.kernel]
    }
  }

  /// The index in memory of each weight of one output, [tap][input channel].
  package func weightIndices(output: Int) -> [Int] {
    switch self {
    case .dense(let g):
      switch g.weightOrder {
      case .inputMajor: return (0..<g.inputs).map { $0 * g.outputs + output }
      case .outputMajor: return Array((output * g.inputs)..<((output + 1) * g.inputs))
      }
    case .stridedConvolution(let g):
      return (0..<(g.taps * g.bigChannels)).map { $0 * g.smallChannels + output }
    case .fractionallyStridedConvolution(let g):
      return (0..<g.taps).flatMap { tap in
        let first = (tap * g.bigChannels + output) * g.smallChannels
        return first..<(first + g.smallChannels)
      }
    }
  }

  /// The index in memory of each weight of a file, in the file's order.
  /// - Parameter labels: how many of the input's channels, the last ones, are labels: they follow a flattened map.
  func weightIndices(labels: Int) -> [Int] {
    switch self {
    case .dense(let g):
      let plain = g.inputs - labels
      return (0..<(g.outputs * g.inputs)).map { index in
        let (output, input) = index.quotientAndRemainder(dividingBy: g.inputs)
        let o = Self.flattened(output, g.outputs, positions: g.outputPositions)
        let i = input < plain ? Self.flattened(input, plain, positions: g.inputPositions) : input
        return g.weightOrder == .inputMajor ? i * g.outputs + o : o * g.inputs + i
      }
    case .stridedConvolution(let g), .fractionallyStridedConvolution(let g):
      var indices: [Int] = []
      indices.reserveCapacity(weightCount)
      for small in 0..<g.smallChannels {
        for big in 0..<g.bigChannels {
          for tap in 0..<g.taps { indices.append((tap * g.bigChannels + big) * g.smallChannels + small) }
        }
      }
      return indices
    }
  }

  /// The index in memory, [position][channel], of each number of the output in a file's order, [channel][position].
  func outputIndices() -> [Int] {
    switch self {
    case .dense(let g): (0..<g.outputs).map { Self.flattened($0, g.outputs, positions: g.outputPositions) }
    case .stridedConvolution, .fractionallyStridedConvolution:
      (0..<outputCount).map { Self.flattened($0, outputCount, positions: outputSide * outputSide) }
    }
  }

  private static func flattened(_ fileIndex: Int, _ count: Int, positions: Int) -> Int {
    fileIndex % positions * (count / positions) + fileIndex / positions
  }
}
