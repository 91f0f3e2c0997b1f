/// What a stretch of a network's parameters is, and how it is ordered in files.
package struct Parameter: Sendable {
  package enum Role: Sendable { case weight, gain, bias }

  /// The name in files, without the network's: `deconv1.bn.weight`.
  package let name: String
  package let role: Role
  package let layer: LayerSpecification
  /// Where it begins among the network's parameters; a multiple of 16.
  package let offset: Int
  /// Shape in files.
  package let shape: [Int]
  package var count: Int { shape.reduce(1, *) }
  var isLearnt: Bool { role == .weight || layer.isAffine || layer.statistics == nil }

  /// The index in memory of each number of the file, in the file's order.
  ///
  /// In memory weights are [tap][bigChannel][smallChannel], statistics [position][channel].
  /// In files weights are PyTorch's [small][big][ky][kx], whose flattened sides are [channel][position].
  func memoryIndices() -> [Int] {
    let positions = layer.flattenedPositions
    func flattened(_ fileIndex: Int, _ count: Int, _ positions: Int) -> Int {
      fileIndex % positions * (count / positions) + fileIndex / positions
    }
    let g = layer.geometry
    // Labels stand behind a flattened map.
    let smallCount = g.smallChannels - (layer.direction == .smallToBig ? layer.labels : 0)
    let bigCount = g.bigChannels - (layer.direction == .bigToSmall ? layer.labels : 0)
    switch role {
    case .weight:
      var indices: [Int] = []
      indices.reserveCapacity(count)
      for small in 0..<g.smallChannels {
        let s = small < smallCount ? flattened(small, smallCount, positions) : small
        for big in 0..<g.bigChannels {
          let b = big < bigCount ? flattened(big, bigCount, layer.inputPositions) : big
          for tap in 0..<g.taps { indices.append((tap * g.bigChannels + b) * g.smallChannels + s) }
        }
      }
      return indices
    case .gain, .bias:
      // Of each number, or of each channel.
      return count == layer.outputChannels ? Array(0..<count) : (0..<count).map { flattened($0, count, positions) }
    }
  }

  /// All parameters of a network's layers, and how many floats they take together.
  static func layout(_ layers: [LayerSpecification]) -> (parameters: [Parameter], count: Int) {
    var parameters: [Parameter] = []
    var end = 0
    func add(_ name: String, _ role: Role, _ layer: LayerSpecification, _ shape: [Int]) {
      parameters.append(Parameter(name: name, role: role, layer: layer, offset: end, shape: shape))
      end += roundUp16(shape.reduce(1, *))
    }
    for layer in layers {
      add("\(layer.name).weight", .weight, layer, layer.fileShape)
      if layer.statistics != nil {
        add("\(layer.name).bn.weight", .gain, layer, [layer.statisticsCount])
        add("\(layer.name).bn.bias", .bias, layer, [layer.statisticsCount])
      } else if layer.hasBias {
        add("\(layer.name).bias", .bias, layer, [layer.biasCount])
      }
    }
    return (parameters, end)
  }
}
