/// One layer of a network, as a plain value: what a recipe or a foreign file says of it.
package struct LayerSpecification: Sendable, Equatable {
  /// Which map is the input.
  package enum Direction: Sendable { case bigToSmall, smallToBig }

  /// Over what batch normalisation takes its statistics.
  package enum Statistics: String, Sendable {
    /// Each channel, over images and positions.
    case channel
    /// Each output of a dense layer, over images alone (the authors' first layer).
    case output
  }

  /// What a map becomes before the layer sees it.
  package struct Preparation: Sendable, Equatable {
    package enum Kind: Sendable {
      /// The largest of each 2x2 positions.
      case maximum
      /// Each position twice along both axes.
      case repeated
      /// The mean of all positions.
      case mean
    }

    package var kind: Kind
    /// Of the map.
    package var side: Int
    package var channels: Int
  }

  package enum Activation: Sendable, Equatable {
    case none, hyperbolicTangent, sigmoid
    /// max(x, slope * x): 0 for ReLU.
    case rectifier(slope: Float)
  }

  /// The name of its tensors in files: `project`, `deconv1`, `conv2`, `score`.
  package var name: String
  package var geometry: ConvolutionGeometry
  package var direction: Direction
  /// nil: no batch normalisation.
  package var statistics: Statistics?
  /// A bias for each output channel instead; foreign output layers have one.
  package var hasBias: Bool
  package var activation: Activation
  /// In a dense layer between a vector and a map: the map's positions and channels. Files order these numbers
  /// [channel][position], the networks [position][channel].
  package var flattenedPositions: Int
  /// The sides of weights in files.
  package var fileShape: [Int]
  /// In a dense layer from a map to a vector: the map's positions, likewise.
  package var inputPositions = 1
  /// How many channels of the input, the last ones, are an image's class: 1 for that class, 0 for the others. A dense layer has them
  /// once, a convolution at each position.
  package var labels = 0
  package var preparation: Preparation?
  /// Whether batch normalisation learns gain and bias; they are 1 and 0 else.
  package var isAffine = true

  /// Numbers an image before and after the layer.
  var inputCount: Int { direction == .bigToSmall ? geometry.bigCount : geometry.smallCount }
  package var outputCount: Int { direction == .bigToSmall ? geometry.smallCount : geometry.bigCount }
  /// Channels of the output map.
  package var outputChannels: Int {
    direction == .bigToSmall ? geometry.smallChannels / flattenedPositions : geometry.bigChannels
  }
  /// Length of a bias without statistics: a dense layer has one for each number.
  package var biasCount: Int { direction == .bigToSmall ? geometry.smallChannels : outputChannels }
  /// Length of the statistics, gain and bias.
  package var statisticsCount: Int { statistics == .output ? outputCount : outputChannels }
}

extension LayerSpecification {
  /// `7x7x128 -> 14x14x64`: the maps before and after.
  package var shapeText: String {
    let g = geometry
    let side = Int(Double(flattenedPositions).squareRoot())
    let dense = "\(side)x\(side)x\(g.smallChannels / flattenedPositions)"
    let big = g.bigSide == 1 ? "\(g.bigChannels)" : "\(g.bigSide)x\(g.bigSide)x\(g.bigChannels)"
    let small = g.smallSide == 1 ? dense : "\(g.smallSide)x\(g.smallSide)x\(g.smallChannels)"
    return direction == .bigToSmall ? "\(big) -> \(small)" : "\(small) -> \(big)"
  }
}

extension LayerSpecification {
  /// A generator's first layer: latent to the first map.
  static func projection(latent: Int, channels: Int, side: Int, statistics: Statistics) -> LayerSpecification {
    let outputs = channels * side * side
    return LayerSpecification(
      name: "project", geometry: .dense(big: latent, small: outputs), direction: .bigToSmall, statistics: statistics,
      hasBias: false, activation: .rectifier(slope: 0), flattenedPositions: side * side, fileShape: [outputs, latent])
  }

  /// A discriminator's last layer: the last map, or vector, to one number, the logit.
  static func score(channels: Int, positions: Int, labels: Int) -> LayerSpecification {
    let inputs = channels * positions + labels
    var layer = LayerSpecification(
      name: "score", geometry: .dense(big: 1, small: inputs), direction: .smallToBig, statistics: nil, hasBias: false,
      activation: .none, flattenedPositions: positions, fileShape: [1, inputs])
    layer.labels = labels
    return layer
  }

  /// A dense layer to a vector, batch normalised.
  static func dense(_ name: String, inputs: Int, outputs: Int, activation: Activation) -> LayerSpecification {
    LayerSpecification(
      name: name, geometry: .dense(big: inputs, small: outputs), direction: .bigToSmall, statistics: .channel,
      hasBias: false, activation: activation, flattenedPositions: 1, fileShape: [outputs, inputs])
  }

  /// A convolution of either direction.
  static func convolution(
    _ name: String, _ g: ConvolutionGeometry, _ direction: Direction, statistics: Statistics?, hasBias: Bool = false,
    activation: Activation
  ) -> LayerSpecification {
    LayerSpecification(
      name: name, geometry: g, direction: direction, statistics: statistics, hasBias: hasBias, activation: activation,
      flattenedPositions: 1, fileShape: [g.smallChannels, g.bigChannels, g.kernel, g.kernel])
  }
}

extension LayerSpecification {
  /// An autoencoder's two dense layers: numbers to a code after ReLU, and the code back to numbers.
  package static func autoencoder(inputs: Int, code: Int) -> [LayerSpecification] {
    let geometry = ConvolutionGeometry.dense(big: inputs, small: code)
    func layer(_ name: String, _ direction: Direction, _ activation: Activation) -> LayerSpecification {
      LayerSpecification(
        name: name, geometry: geometry, direction: direction, statistics: nil, hasBias: false, activation: activation,
        flattenedPositions: 1, fileShape: [code, inputs])
    }
    return [layer("encode", .bigToSmall, .rectifier(slope: 0)), layer("decode", .smallToBig, .none)]
  }
}
