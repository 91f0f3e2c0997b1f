import Thimble
import ThimbleStorage

/// Reads a generator tensor by tensor, taking the sizes from the shapes and refusing what does not fit together.
struct GeneratorReader {
  let tensors: GeneratorTensors
  let description: GeneratorDescription

  /// Numbers of the largest map that is read: sixteen times that of the paper's networks at 128x128.
  private static let largestMap = 1 << 24
  /// Numbers of the largest kernels that zeros are put around: a small file must not ask for much memory.
  private static let largestWidenedKernels = 1 << 26
  /// Convolutions after the first layer.
  private static let mostConvolutions = 8

  private func bad(_ name: String, _ found: String, _ wanted: String) -> FileError {
    FileError(
      .badData, file: tensors.path, field: tensors.origin(name), found: found, wanted: wanted,
      advice: GeneratorTensors.advice)
  }

  /// The layers that the shapes of the tensors describe.
  func layers() throws(FileError) -> [LayerSpecification] {
    let first = try tensors.shape("deconv1.weight", sides: 4)
    let sides = try tensors.shape("project.weight", sides: 2)
    let (outputs, latent) = (sides[0], sides[1])
    let side = Int(Double(outputs / max(1, first[0])).squareRoot())
    guard (1...1024).contains(latent) else {
      throw bad("project.weight", "latents of \(latent) numbers", "1 to 1024 numbers")
    }
    guard first[0] <= 4096, side > 0, side <= 64, side * side * first[0] == outputs else {
      throw bad("project.weight", "\(outputs) x \(latent)", "(channels x side x side) x latent, channels \(first[0])")
    }
    var layers = [
      LayerSpecification.projection(latent: latent, channels: first[0], side: side, statistics: .channel)
    ]
    layers[0].statistics = tensors.isNormalized("project") ? projectStatistics(outputs, side: side) : nil
    layers[0].hasBias = layers[0].statistics == nil
    var (side_, index) = (side, 1)
    while tensors.has("deconv\(index).weight") {
      let layer = try deconvolution(index, side: side_, channels: layers.last!.outputChannels)
      layers.append(layer)
      side_ = layer.kind.outputSide
      index += 1
    }
    guard index - 1 <= Self.mostConvolutions else {
      throw bad(
        "deconv\(index - 1).weight", "\(index - 1) convolutions after the first layer",
        "at most \(Self.mostConvolutions)")
    }
    guard (1...4).contains(layers.last!.outputChannels) else {
      throw bad(
        "deconv\(index - 1).weight", "\(layers.last!.outputChannels) channels out", "an image of 1 to 4 channels")
    }
    return layers
  }

  /// A bias of each output before statistics of each channel makes the latter differ in a frozen network: it moves the mean.
  private func projectStatistics(_ outputs: Int, side: Int) -> LayerSpecification.Statistics {
    let isOfEach =
      tensors.statisticsShape("project") == [outputs] || tensors.tensors["project.bias"]?.shape == [outputs]
    return isOfEach && side > 1 ? .output : .channel
  }

  private func deconvolution(_ index: Int, side: Int, channels: Int) throws(FileError) -> LayerSpecification {
    let name = "deconv\(index)"
    let shape = try tensors.shape("\(name).weight", sides: 4)
    let (k, d) = (description.convolution(index).kernel, description.convolution(index).withRoom)
    let bigSide = (side - 1) * d.stride - 2 * d.padding + d.kernel + d.outputPadding
    guard shape[0] == channels, shape[2] == k, shape[3] == k, shape[1] <= 4096 else {
      throw bad("\(name).weight", "\(shape)", "[\(channels), channels out, \(k), \(k)]")
    }
    guard (1...1024).contains(bigSide), bigSide * bigSide * shape[1] <= Self.largestMap, d.kernel <= 16,
      d.kernel == k || shape[0] * shape[1] * d.kernel * d.kernel <= Self.largestWidenedKernels
    else {
      throw bad(
        "\(name).weight", "a map of \(bigSide)x\(bigSide)x\(shape[1]) by \(description.convolution(index).text)",
        "sides of 1 to 1024, and at most \(Self.largestMap) numbers")
    }
    let isLast = !tensors.has("deconv\(index + 1).weight")
    let geometry = ConvolutionGeometry(
      bigSide: bigSide, bigChannels: shape[1], smallSide: side, smallChannels: channels, kernel: d.kernel,
      stride: d.stride, padding: d.padding)
    let isNormalized = !isLast && tensors.isNormalized(name)
    return LayerSpecification(
      name: name, kind: .fractionallyStridedConvolution(geometry), statistics: isNormalized ? .channel : nil,
      hasBias: isLast ? tensors.has("\(name).bias") : !isNormalized,
      activation: isLast ? .hyperbolicTangent : .rectifier(slope: 0))
  }

  /// All parameters in a network's order.
  func parameters(_ layout: [Parameter], count: Int) throws(FileError) -> [Float] {
    var values = [Float](repeating: 0, count: count)
    let last = layout.last?.layer.name
    for parameter in layout {
      var ordered = try fileValues(parameter)
      // sigmoid(x) is half of tanh(x / 2), and 1/2: as pixels the same.
      if description.hasSigmoid && parameter.layer.name == last { ordered = ordered.map { $0 / 2 } }
      unsafe values.withUnsafeMutableBufferPointer { unsafe parameter.store(ordered, into: $0.baseAddress!) }
    }
    return values
  }

  /// The numbers of a parameter in a file's order. What foreign networks may lack stands for nothing.
  private func fileValues(_ parameter: Parameter) throws(FileError) -> [Float] {
    if parameter.role == .weight {
      guard tensors.isForeign, let g = parameter.layer.kind.convolution else {
        return try tensors.values(parameter.name, shape: parameter.shape)
      }
      return try kernels(parameter, g)
    }
    if tensors.isForeign && !tensors.has(parameter.name) {
      return [Float](repeating: parameter.role == .gain ? 1 : 0, count: parameter.count)
    }
    return try spread(parameter.name, parameter)
  }

  /// Numbers for each output of the layer that a parameter belongs to, from those or one for each channel.
  private func spread(_ name: String, _ parameter: Parameter) throws(FileError) -> [Float] {
    try tensors.values(name, count: parameter.count, positions: parameter.count / parameter.layer.outputChannels)
  }

  /// Kernels, in the middle of zeros where they were widened.
  private func kernels(_ parameter: Parameter, _ g: ConvolutionGeometry) throws(FileError) -> [Float] {
    let side = try tensors.shape(parameter.name, sides: 4)[3]
    let narrow = [g.smallChannels, g.bigChannels, side, side]
    let values = try tensors.values(parameter.name, shape: narrow)
    guard side < g.kernel else { return values }
    let border = (g.kernel - side) / 2
    var wide = [Float](repeating: 0, count: parameter.count)
    for (index, value) in values.enumerated() {
      let (kernel, tap) = index.quotientAndRemainder(dividingBy: side * side)
      wide[(kernel * g.kernel + tap / side + border) * g.kernel + tap % side + border] = value
    }
    return wide
  }

  /// The running statistics, if the file has them for every layer with batch normalisation; nil if it has none.
  func statistics(_ layout: [Parameter]) throws(FileError) -> FrozenStatistics? {
    let gains = layout.filter { $0.role == .gain }
    guard gains.isEmpty || gains.contains(where: { tensors.has("\($0.layer.name).bn.running_mean") }) else {
      return nil
    }
    var layers: [FrozenStatistics.Layer] = []
    for gain in gains {
      let name = gain.layer.name
      var mean = try spread("\(name).bn.running_mean", gain)
      let variance = try spread("\(name).bn.running_var", gain)
      if let negative = variance.first(where: { $0 < 0 }) {
        throw FileError(
          .badData, file: tensors.path, field: tensors.origin("\(name).bn.running_var"), found: "\(negative)",
          wanted: "variances of 0 or more", advice: "The file is damaged: use an earlier checkpoint.")
      }
      // A bias before batch normalisation shifts what the mean was taken of; the networks have none.
      if tensors.isForeign && tensors.has("\(name).bias") {
        let bias = try spread("\(name).bias", gain)
        for index in mean.indices { mean[index] -= bias[index] }
      }
      var layer = FrozenStatistics.Layer(name: name, mean: mean, variance: variance)
      for (index, memory) in gain.memoryIndices().enumerated() {
        (layer.mean[memory], layer.variance[memory]) = (mean[index], variance[index])
      }
      layers.append(layer)
    }
    return FrozenStatistics(layers: layers)
  }
}
