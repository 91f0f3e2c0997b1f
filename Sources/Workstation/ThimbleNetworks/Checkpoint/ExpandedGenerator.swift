import ThimbleStorage
import ThimbleThreads

/// A generator with labels, or with dense hidden layers, as a plain one: batch normalisation folded into weights and biases; labels
/// that are joined to a map become channels of that map, carried along from the latent by weights of their own.
///
/// A dense layer from a vector is a convolution from one position. Where a map's statistics are of each output, so is its bias:
/// carriers, of which one is on, hold it. A sigmoid becomes half a tanh: sigmoid(x) = (tanh(x / 2) + 1) / 2.
struct ExpandedGenerator {
  private(set) var layers: [LayerSpecification] = []
  /// Of each layer [tap][big][small], and its biases.
  private(set) var weights: [[Float]] = []
  private(set) var biases: [[Float]] = []
  private let recipe: Recipe

  /// Expands the frozen generator of a recipe. What carriers hold is brought near to the largest number beside it, so that bytes
  /// have room for both.
  init(_ recipe: Recipe, _ network: Network, _ statistics: FrozenStatistics) {
    self.recipe = recipe
    let specifications = recipe.generatorLayers
    for (index, specification) in specifications.enumerated() {
      let last = index + 1 == specifications.count
      // Without classes, one carrier that is always on goes from the hidden layers to the map.
      let isHidden = index < recipe.generatorHidden.count
      append(
        specification, Folded(specification, network, statistics),
        carriersIn: index == 0 ? 0 : carriers(layers.last!, specifications[index - 1]),
        carriersOut: last ? 0 : recipe.classes > 0 ? recipe.classes : isHidden ? 1 : 0)
    }
    balance(network)
  }

  private func carriers(_ expanded: LayerSpecification, _ plain: LayerSpecification) -> Int {
    expanded.outputChannels - plain.outputChannels
  }

  /// A layer's numbers with its normalisation folded in.
  private struct Folded {
    /// In the network's order.
    var weights: [Float]
    /// Of each output.
    var biases: [Float]

    init(_ layer: LayerSpecification, _ network: Network, _ statistics: FrozenStatistics) {
      func values(_ role: Parameter.Role) -> [Double]? {
        network.parameters.first { $0.layer.name == layer.name && $0.role == role }.map { parameter in
          (0..<parameter.count).map { Double(network.parameterValues[parameter.offset + $0]) }
        }
      }
      let weights = values(.weight)!
      let g = layer.geometry
      let outputs = layer.direction == .bigToSmall ? g.smallChannels : g.bigChannels
      var (scales, biases) = ([Double](repeating: 1, count: outputs), [Double](repeating: 0, count: outputs))
      if let bias = values(.bias), values(.gain) == nil { biases = bias }
      if let gain = values(.gain), let bias = values(.bias),
        let frozen = statistics.layers.first(where: { $0.name == layer.name })
      {
        for output in 0..<outputs {
          let c = output % layer.statisticsCount
          scales[output] = gain[c] / (Double(frozen.variance[c]) + Double(network.batchNormEpsilon)).squareRoot()
          biases[output] = bias[c] - Double(frozen.mean[c]) * scales[output]
        }
      }
      let half = layer.activation == .sigmoid ? 0.5 : 1
      self.weights = weights.indices.map { index in
        let output = layer.direction == .bigToSmall ? index % g.smallChannels : index / g.smallChannels % g.bigChannels
        return Float(weights[index] * scales[output] * half)
      }
      self.biases = biases.map { Float($0 * half) }
    }
  }

  private mutating func append(_ plain: LayerSpecification, _ folded: Folded, carriersIn: Int, carriersOut: Int) {
    var layer = plain
    (layer.statistics, layer.hasBias, layer.labels) = (nil, true, 0)
    if plain.activation == .sigmoid { layer.activation = .hyperbolicTangent }
    if layers.isEmpty {
      appendFirst(layer, folded, carriers: carriersOut)
    } else if plain.direction == .bigToSmall {
      appendFromVector(layer, folded, labels: plain.labels, carriersIn: carriersIn, carriersOut: carriersOut)
    } else {
      appendConvolution(layer, folded, carriersIn: carriersIn, carriersOut: carriersOut)
    }
  }

  /// The dense layer from the latent: carriers read the labels in it.
  private mutating func appendFirst(_ plain: LayerSpecification, _ folded: Folded, carriers: Int) {
    var layer = plain
    let (positions, plainChannels, inputs) = (
      plain.flattenedPositions, plain.outputChannels, plain.geometry.bigChannels
    )
    let channels = plainChannels + carriers
    layer.geometry = .dense(big: inputs, small: positions * channels)
    layer.fileShape = [positions * channels, inputs]
    var weights = [Float](repeating: 0, count: inputs * positions * channels)
    var biases = [Float](repeating: 0, count: positions * channels)
    for position in 0..<positions {
      for c in 0..<plainChannels {
        for input in 0..<inputs {
          weights[(input * positions + position) * channels + c] =
            folded.weights[(input * positions + position) * plainChannels + c]
        }
        biases[position * channels + c] = folded.biases[position * plainChannels + c]
      }
      for carrier in 0..<carriers {
        if recipe.classes > 0 {
          weights[((recipe.latentLength + carrier) * positions + position) * channels + plainChannels + carrier] = 1
        } else {
          biases[position * channels + plainChannels + carrier] = 1
        }
      }
    }
    add(layer, weights, biases)
  }

  /// A dense layer from a vector, as a convolution from one position: to one, or to a map of as many as its kernel has taps.
  private mutating func appendFromVector(
    _ plain: LayerSpecification, _ folded: Folded, labels: Int, carriersIn: Int, carriersOut: Int
  ) {
    var layer = plain
    let (positions, plainChannels) = (plain.flattenedPositions, plain.outputChannels)
    let side = Int(Double(positions).squareRoot())
    let (plainInputs, channels) = (plain.geometry.bigChannels - labels, plainChannels + carriersOut)
    let inputs = plainInputs + carriersIn
    layer.direction = .smallToBig
    layer.flattenedPositions = 1
    layer.geometry = ConvolutionGeometry(
      bigSide: side, bigChannels: channels, smallSide: 1, smallChannels: inputs, kernel: side, stride: 1, padding: 0)
    layer.fileShape = [inputs, channels, side, side]
    var weights = [Float](repeating: 0, count: positions * channels * inputs)
    for tap in 0..<positions {
      for c in 0..<plainChannels {
        let place = (tap * channels + c) * inputs
        let output = tap * plainChannels + c
        for input in 0..<plainInputs {
          weights[place + input] = folded.weights[input * positions * plainChannels + output]
        }
        for carrier in 0..<carriersIn {
          let label = labels > 0 ? folded.weights[(plainInputs + carrier) * positions * plainChannels + output] : 0
          weights[place + plainInputs + carrier] = label + folded.biases[output]
        }
      }
      for carrier in 0..<carriersOut {
        weights[(tap * channels + plainChannels + carrier) * inputs + plainInputs + carrier] = 1
      }
    }
    add(layer, weights, [Float](repeating: 0, count: channels))
  }

  /// A fractionally-strided convolution. A carrier is copied through one tap for each phase, which finds its input within the map
  /// wherever the output is: those at the padding and the stride - 1 after it, along both axes.
  private mutating func appendConvolution(
    _ plain: LayerSpecification, _ folded: Folded, carriersIn: Int, carriersOut: Int
  ) {
    var layer = plain
    let (g, inputs) = (plain.geometry, layers.last!.outputChannels)
    let channels = g.bigChannels + carriersOut
    layer.geometry.smallChannels = inputs
    layer.geometry.bigChannels = channels
    layer.fileShape = [inputs, channels, g.kernel, g.kernel]
    var weights = [Float](repeating: 0, count: g.taps * channels * inputs)
    for tap in 0..<g.taps {
      for c in 0..<g.bigChannels {
        // A carrier that the plain layer has no label for says nothing to it.
        for input in 0..<min(g.smallChannels, inputs) {
          weights[(tap * channels + c) * inputs + input] =
            folded.weights[(tap * g.bigChannels + c) * g.smallChannels + input]
        }
      }
      let copies = g.padding..<(g.padding + g.stride)
      guard copies.contains(tap / g.kernel), copies.contains(tap % g.kernel) else { continue }
      for carrier in 0..<carriersOut {
        weights[(tap * channels + g.bigChannels + carrier) * inputs + inputs - carriersIn + carrier] = 1
      }
    }
    add(layer, weights, folded.biases + [Float](repeating: 0, count: carriersOut))
  }

  private mutating func add(_ layer: LayerSpecification, _ weights: [Float], _ biases: [Float]) {
    layers.append(layer)
    self.weights.append(weights)
    self.biases.append(biases)
  }

  /// Lets carriers hold about the largest number of their map over some latents, instead of 1.
  private mutating func balance(_ network: Network) {
    let images = min(network.capacity, 128)
    network.forward(recipe.latents.rows(0..<images), images: images, frozen: true)
    for index in layers.indices.dropLast() {
      let plain = network.layers[index]
      let carriers = layers[index].outputChannels - plain.outputChannels
      guard carriers > 0 else { continue }
      let output = network.output(ofLayer: index)
      let largest = (0..<(images * plain.outputCount)).reduce(Float(0)) { max($0, output[$1]) }
      guard largest > 0, largest.isFinite else { continue }
      scaleOutputs(ofLayer: index, from: plain.outputChannels, by: largest)
      scaleInputs(ofLayer: index + 1, carriers: carriers, by: 1 / largest)
    }
  }

  private mutating func scaleOutputs(ofLayer index: Int, from first: Int, by factor: Float) {
    let layer = layers[index]
    let (g, channels) = (layer.geometry, layer.outputChannels)
    for i in weights[index].indices {
      let output = layer.direction == .bigToSmall ? i % g.smallChannels % channels : i / g.smallChannels % g.bigChannels
      if output >= first { weights[index][i] *= factor }
    }
    for i in biases[index].indices where i % channels >= first { biases[index][i] *= factor }
  }

  private mutating func scaleInputs(ofLayer index: Int, carriers: Int, by factor: Float) {
    let inputs = layers[index].geometry.smallChannels
    for i in weights[index].indices where i % inputs >= inputs - carriers { weights[index][i] *= factor }
  }
}
