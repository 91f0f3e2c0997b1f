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

  /// The index in memory of each number of the file, in the file's order. Statistics are [position][channel] in memory, and
  /// [channel][position] in files.
  func memoryIndices() -> [Int] {
    switch role {
    case .weight: layer.kind.weightIndices(labels: layer.labels)
    // Of each channel, or of each number.
    case .gain, .bias: count == layer.outputChannels ? Array(0..<count) : layer.kind.outputIndices()
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
      add("\(layer.name).weight", .weight, layer, layer.kind.fileShape)
      if layer.statistics != nil {
        add("\(layer.name).bn.weight", .gain, layer, [layer.statisticsCount])
        add("\(layer.name).bn.bias", .bias, layer, [layer.statisticsCount])
      } else if layer.hasBias {
        add("\(layer.name).bias", .bias, layer, [layer.kind.outputs])
      }
    }
    return (parameters, end)
  }
}
