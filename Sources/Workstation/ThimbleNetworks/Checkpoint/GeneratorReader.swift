import Thimble
import ThimbleStorage

/// How a file calls the tensors of a generator.
struct TensorNames {
  let isTorchExample: Bool
  private let prefix: String

  /// - Parameter unprefixed: names without a network's name before them are known too.
  init(_ file: SafetensorsFile, unprefixed: Bool) {
    isTorchExample = unprefixed && file.tensors["main.0.weight"] != nil
    // The averaged generator is the one to use where there is one.
    prefix =
      ["average.", "generator."].first { file.tensors["\($0)project.weight"] != nil }
      ?? (unprefixed ? "" : "generator.")
  }

  /// The file's name for a tensor that we call `layer.rest`: in the example's state dict, the convolution i is module 3 i, its
  /// batch normalisation module 3 i + 1.
  func name(_ name: String) -> String {
    guard isTorchExample else { return prefix + name }
    let dot = name.firstIndex(of: ".")!
    let layer = name[..<dot]
    let module = 3 * (layer == "project" ? 0 : Int(layer.dropFirst("deconv".count))!)
    let rest = name[name.index(after: dot)...]
    return rest.hasPrefix("bn.") ? "main.\(module + 1).\(rest.dropFirst(3))" : "main.\(module).\(rest)"
  }
}

/// Reads a generator tensor by tensor, taking the sizes from the shapes and refusing what does not fit together.
struct GeneratorReader {
  let file: SafetensorsFile
  let names: TensorNames
  let description: GeneratorDescription

  /// Numbers of the largest map that is read: sixteen times that of the paper's networks at 128x128.
  private static let largestMap = 1 << 24

  private func bad(_ name: String, _ found: String, _ wanted: String) -> FileError {
    FileError(
      .badData, file: file.path, field: names.name(name), found: found, wanted: wanted,
      advice: "The file does not hold a DCGAN generator that can be imported; docs/reference/import.md says what can.")
  }

  private func has(_ name: String) -> Bool { file.tensors[names.name(name)] != nil }

  private func shape(_ name: String, sides: Int) throws(FileError) -> [Int] {
    try file.tensor(names.name(name), .f32, shape: [Int?](repeating: nil, count: sides)).shape
  }

  /// The layers that the shapes of the tensors describe.
  func layers() throws(FileError) -> [LayerSpecification] {
    let first = try shape("deconv1.weight", sides: 4)
    let (outputs, latent) = try projectSides()
    let side = Int(Double(outputs / max(1, first[0])).squareRoot())
    guard first[0] > 0, first[0] <= 4096, side > 0, side <= 64, side * side * first[0] == outputs,
      (1...1024).contains(latent)
    else {
      throw bad("project.weight", "\(outputs) x \(latent)", "(channels x side x side) x latent, channels \(first[0])")
    }
    let statistics: LayerSpecification.Statistics =
      try shape("project.bn.weight", sides: 1) == [outputs] && side > 1 ? .output : .channel
    var layers = [
      LayerSpecification.projection(latent: latent, channels: first[0], side: side, statistics: statistics)
    ]
    var (side_, index) = (side, 1)
    while has("deconv\(index).weight") {
      let layer = try deconvolution(index, side: side_, channels: layers.last!.outputChannels)
      layers.append(layer)
      side_ = layer.kind.outputSide
      index += 1
    }
    guard layers.count <= 9, (1...4).contains(layers.last!.outputChannels) else {
      throw bad(
        "deconv\(index - 1).weight", "\(layers.last!.outputChannels) channels out", "an image of 1 to 4 channels")
    }
    return layers
  }

  private func projectSides() throws(FileError) -> (outputs: Int, latent: Int) {
    if names.isTorchExample {
      let shape = try shape("project.weight", sides: 4)
      guard (1...4096).contains(shape[1]), shape[2] == shape[3], (1...64).contains(shape[2]) else {
        throw bad("project.weight", "\(shape)", "[latent, channels, side, side]")
      }
      return (shape[1] * shape[2] * shape[3], shape[0])
    }
    let shape = try shape("project.weight", sides: 2)
    return (shape[0], shape[1])
  }

  private func deconvolution(_ index: Int, side: Int, channels: Int) throws(FileError) -> LayerSpecification {
    let name = "deconv\(index)"
    let shape = try shape("\(name).weight", sides: 4)
    let (k, d) = (description.kernel, description)
    let bigSide = (side - 1) * d.stride - 2 * d.padding + k + d.outputPadding
    guard shape[0] == channels, shape[2] == k, shape[3] == k, (1...4096).contains(shape[1]),
      (1...1024).contains(bigSide), bigSide * bigSide * shape[1] <= Self.largestMap
    else { throw bad("\(name).weight", "\(shape)", "[\(channels), channels out, \(k), \(k)]") }
    let last = !has("deconv\(index + 1).weight")
    let geometry = ConvolutionGeometry(
      bigSide: bigSide, bigChannels: shape[1], smallSide: side, smallChannels: channels, kernel: k, stride: d.stride,
      padding: d.padding)
    return LayerSpecification(
      name: name, kind: .fractionallyStridedConvolution(geometry), statistics: last ? nil : .channel,
      hasBias: last && has("\(name).bias"), activation: last ? .hyperbolicTangent : .rectifier(slope: 0))
  }

  /// All parameters in a network's order.
  func parameters(_ layout: [Parameter], count: Int) throws(FileError) -> [Float] {
    var values = [Float](repeating: 0, count: count)
    for parameter in layout {
      let ordered =
        names.isTorchExample && parameter.name == "project.weight"
        ? try transposedProjection(parameter)
        : try file.finiteFloats(names.name(parameter.name), shape: parameter.shape)
      unsafe values.withUnsafeMutableBufferPointer { unsafe parameter.store(ordered, into: $0.baseAddress!) }
    }
    return values
  }

  /// The first layer written as a convolution is [latent][outputs]; as a dense layer it is [outputs][latent].
  private func transposedProjection(_ parameter: Parameter) throws(FileError) -> [Float] {
    let name = names.name(parameter.name)
    let values = try file.finiteFloats(name, shape: try shape(parameter.name, sides: 4))
    let (outputs, latent) = (parameter.shape[0], parameter.shape[1])
    return (0..<parameter.count).map { values[$0 % latent * outputs + $0 / latent] }
  }

  /// The running statistics, if the file has them for every layer with batch normalisation; none if it has none.
  func statistics(_ layout: [Parameter]) throws(FileError) -> FrozenStatistics? {
    guard var statistics = try FrozenStatistics(file, layout, name: names.name) else { return nil }
    // A bias before batch normalisation shifts what the mean was taken of; the networks have none.
    for gain in layout where gain.role == .gain && has("\(gain.layer.name).bias") {
      let bias = try file.finiteFloats(names.name("\(gain.layer.name).bias"), shape: gain.shape)
      let layer = statistics.layers.firstIndex { $0.name == gain.layer.name }!
      for (index, memory) in gain.memoryIndices().enumerated() { statistics.layers[layer].mean[memory] -= bias[index] }
    }
    return statistics
  }
}

extension FrozenStatistics {
  /// Reads the running statistics of every layer with batch normalisation; nil if the file has none.
  /// - Parameter name: the file's name of a tensor that we call `layer.rest`.
  init?(_ file: SafetensorsFile, _ layout: [Parameter], name: (String) -> String) throws(FileError) {
    let gains = layout.filter { $0.role == .gain }
    func has(_ gain: Parameter) -> Bool { file.tensors[name("\(gain.layer.name).bn.running_mean")] != nil }
    guard gains.contains(where: has) else { return nil }
    layers = []
    for gain in gains {
      let mean = try file.finiteFloats(name("\(gain.layer.name).bn.running_mean"), shape: gain.shape)
      let field = name("\(gain.layer.name).bn.running_var")
      let variance = try file.finiteFloats(field, shape: gain.shape)
      if let negative = variance.first(where: { $0 < 0 }) {
        throw FileError(
          .badData, file: file.path, field: field, found: "\(negative)", wanted: "variances of 0 or more",
          advice: "The file is damaged: use an earlier checkpoint.")
      }
      var layer = FrozenStatistics.Layer(name: gain.layer.name, mean: mean, variance: variance)
      for (index, memory) in gain.memoryIndices().enumerated() {
        (layer.mean[memory], layer.variance[memory]) = (mean[index], variance[index])
      }
      layers.append(layer)
    }
  }
}
