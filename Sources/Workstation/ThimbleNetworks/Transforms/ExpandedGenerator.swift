/// A generator with labels, hidden layers, a sigmoid or another normalisation as a plain one: `ExpandedLayer` says what becomes of
/// the layers, here are their numbers. A sigmoid becomes half a tanh: sigmoid(x) = (tanh(x / 2) + 1) / 2.
struct ExpandedGenerator {
  let layers: [ExpandedLayer]
  /// Of each layer in a network's order, and its biases.
  private var weights: [[Float]] = []
  private var biases: [[Float]] = []
  private let recipe: Recipe

  /// Expands the folded generator of a recipe. What carriers hold is brought near to the largest number beside it, so that bytes
  /// have room for both: `network`, with its statistics in force, tells it.
  init(_ recipe: Recipe, _ folded: FoldedGenerator, _ network: Network) {
    self.recipe = recipe
    layers = ExpandedLayer.all(recipe)
    for (layer, folded) in zip(layers, folded.layers) {
      let half = layer.plain.activation == .sigmoid ? 0.5 : 1
      let (weights, biases) = (folded.weights.map { Float($0 * half) }, folded.biases.map { Float($0 * half) })
      if case .dense(let g) = layer.specification.kind {
        appendFromLatent(layer, g, weights, biases)
      } else if let g = layer.specification.kind.convolution, let plain = layer.plain.kind.convolution {
        appendConvolution(layer, plain, g, weights, biases)
      } else if let g = layer.specification.kind.convolution {
        appendFromVector(layer, g, weights, biases)
      } else {
        preconditionFailure("\(layer.specification.name): a kind that is neither dense nor a convolution")
      }
    }
    balance(network)
  }

  /// All parameters in a network's order.
  var parameters: [Float] {
    let (layout, count) = Parameter.layout(layers.map(\.specification))
    var values = [Float](repeating: 0, count: count)
    for parameter in layout {
      let index = layers.firstIndex { $0.specification.name == parameter.layer.name }!
      values.replaceSubrange(
        parameter.offset..<(parameter.offset + parameter.count),
        with: parameter.role == .weight ? weights[index] : biases[index])
    }
    return values
  }

  /// The dense layer from the latent: carriers read the labels in it.
  private mutating func appendFromLatent(
    _ layer: ExpandedLayer, _ g: DenseGeometry, _ plainWeights: [Float], _ plainBiases: [Float]
  ) {
    let (positions, plainChannels) = (g.outputPositions, layer.plain.outputChannels)
    let channels = plainChannels + layer.carriersOut
    var weights = [Float](repeating: 0, count: g.inputs * g.outputs)
    var biases = [Float](repeating: 0, count: g.outputs)
    for position in 0..<positions {
      for c in 0..<plainChannels {
        for input in 0..<g.inputs {
          weights[(input * positions + position) * channels + c] =
            plainWeights[(input * positions + position) * plainChannels + c]
        }
        biases[position * channels + c] = plainBiases[position * plainChannels + c]
      }
      for carrier in 0..<layer.carriersOut {
        if recipe.classes > 0 {
          weights[((recipe.latentLength + carrier) * positions + position) * channels + plainChannels + carrier] = 1
        } else {
          biases[position * channels + plainChannels + carrier] = 1
        }
      }
    }
    add(weights, biases)
  }

  /// A dense layer from a vector, as a convolution from one position: to one, or to a map of as many as its kernel has taps.
  private mutating func appendFromVector(
    _ layer: ExpandedLayer, _ g: ConvolutionGeometry, _ plainWeights: [Float], _ plainBiases: [Float]
  ) {
    let (plainChannels, channels, inputs) = (layer.plain.outputChannels, g.bigChannels, g.smallChannels)
    let (plainInputs, plainOutputs) = (inputs - layer.carriersIn, g.taps * plainChannels)
    var weights = [Float](repeating: 0, count: g.taps * channels * inputs)
    for tap in 0..<g.taps {
      for c in 0..<plainChannels {
        let place = (tap * channels + c) * inputs
        let output = tap * plainChannels + c
        for input in 0..<plainInputs { weights[place + input] = plainWeights[input * plainOutputs + output] }
        for carrier in 0..<layer.carriersIn {
          let label = layer.plain.labels > 0 ? plainWeights[(plainInputs + carrier) * plainOutputs + output] : 0
          weights[place + plainInputs + carrier] = label + plainBiases[output]
        }
      }
      for carrier in 0..<layer.carriersOut {
        weights[(tap * channels + plainChannels + carrier) * inputs + plainInputs + carrier] = 1
      }
    }
    add(weights, [Float](repeating: 0, count: channels))
  }

  /// A fractionally-strided convolution. A carrier is copied through one tap for each phase, which finds its input within the map
  /// wherever the output is: those at the padding and the stride - 1 after it, along both axes.
  private mutating func appendConvolution(
    _ layer: ExpandedLayer, _ plain: ConvolutionGeometry, _ g: ConvolutionGeometry, _ plainWeights: [Float],
    _ plainBiases: [Float]
  ) {
    let (channels, inputs) = (g.bigChannels, g.smallChannels)
    var weights = [Float](repeating: 0, count: g.taps * channels * inputs)
    for tap in 0..<g.taps {
      for c in 0..<plain.bigChannels {
        // A carrier that the plain layer has no label for says nothing to it.
        for input in 0..<min(plain.smallChannels, inputs) {
          weights[(tap * channels + c) * inputs + input] =
            plainWeights[(tap * plain.bigChannels + c) * plain.smallChannels + input]
        }
      }
      let copies = g.padding..<(g.padding + g.stride)
      guard copies.contains(tap / g.kernel), copies.contains(tap % g.kernel) else { continue }
      for carrier in 0..<layer.carriersOut {
        weights[(tap * channels + plain.bigChannels + carrier) * inputs + inputs - layer.carriersIn + carrier] = 1
      }
    }
    add(weights, plainBiases + [Float](repeating: 0, count: layer.carriersOut))
  }

  private mutating func add(_ weights: [Float], _ biases: [Float]) {
    self.weights.append(weights)
    self.biases.append(biases)
  }

  /// Lets carriers hold about the largest number of their map over some latents, instead of 1.
  private mutating func balance(_ network: Network) {
    let images = min(network.capacity, 128)
    unsafe network.forward(recipe.latents.rows(0..<images), images: images, frozen: true)
    for index in layers.indices where layers[index].carriersOut > 0 {
      let output = unsafe network.output(ofLayer: index)
      let largest = (0..<(images * layers[index].plain.outputCount)).reduce(Float(0)) { unsafe max($0, output[$1]) }
      guard largest > 0, largest.isFinite else { continue }
      scaleCarriersOut(ofLayer: index, by: largest)
      scaleCarriersIn(ofLayer: index + 1, by: 1 / largest)
    }
  }

  private mutating func scaleCarriersOut(ofLayer index: Int, by factor: Float) {
    let (kind, first) = (layers[index].specification.kind, layers[index].plain.outputChannels)
    for output in 0..<kind.outputs where output % kind.outputChannels >= first {
      for i in kind.weightIndices(output: output) { weights[index][i] *= factor }
      biases[index][output] *= factor
    }
  }

  private mutating func scaleCarriersIn(ofLayer index: Int, by factor: Float) {
    let inputs = layers[index].specification.kind.inputChannels
    for i in weights[index].indices where i % inputs >= inputs - layers[index].carriersIn {
      weights[index][i] *= factor
    }
  }
}
