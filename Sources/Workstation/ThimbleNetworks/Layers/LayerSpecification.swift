/// One layer of a network, as a plain value: what a recipe or a foreign file says of it.
package struct LayerSpecification: Sendable, Equatable {
  /// Over what batch normalisation takes its statistics.
  package enum Statistics: String, Sendable {
    /// Each channel, over images and positions.
    case channel
    /// Each output of a dense layer, over images alone (the authors' first layer).
    case output
  }

  /// What a map becomes before the layer's weights see it.
  package struct Resampling: Sendable, Equatable {
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
  package var kind: LayerKind
  /// nil: no batch normalisation.
  package var statistics: Statistics?
  /// A bias for each output instead; foreign output layers have one.
  package var hasBias = false
  package var activation: Activation
  /// How many channels of the input, the last ones, are an image's class: 1 for that class, 0 for the others. A dense layer has them
  /// once, a convolution at each position.
  package var labels = 0
  package var resampling: Resampling?
  /// Whether batch normalisation learns gain and bias; they are 1 and 0 else.
  package var isAffine = true

  /// Numbers an image before and after the layer.
  package var inputCount: Int { kind.inputCount }
  package var outputCount: Int { kind.outputCount }
  /// Channels of the output map.
  package var outputChannels: Int { kind.outputChannels }
  /// Length of the statistics, gain and bias.
  package var statisticsCount: Int { statistics == .output ? outputCount : outputChannels }
}

extension LayerSpecification {
  /// A generator's first layer: latent to the first map.
  static func projection(latent: Int, channels: Int, side: Int, statistics: Statistics) -> LayerSpecification {
    let geometry = DenseGeometry(inputs: latent, outputs: channels * side * side, outputPositions: side * side)
    return LayerSpecification(
      name: "project", kind: .dense(geometry), statistics: statistics, activation: .rectifier(slope: 0))
  }

  /// A discriminator's last layer: the last map, or vector, to one number, the logit.
  static func score(channels: Int, positions: Int, labels: Int) -> LayerSpecification {
    let geometry = DenseGeometry(
      inputs: channels * positions + labels, outputs: 1, inputPositions: positions, weightOrder: .outputMajor)
    return LayerSpecification(name: "score", kind: .dense(geometry), activation: .none, labels: labels)
  }

  /// A dense layer to a vector, batch normalised; from a map of `inputPositions`, or from a vector.
  static func dense(
    _ name: String, inputs: Int, inputPositions: Int = 1, outputs: Int, activation: Activation
  ) -> LayerSpecification {
    let geometry = DenseGeometry(inputs: inputs, outputs: outputs, inputPositions: inputPositions)
    return LayerSpecification(name: name, kind: .dense(geometry), statistics: .channel, activation: activation)
  }

  /// An autoencoder's two layers: numbers to a code after ReLU, and the code back to numbers by weights of the same shape.
  package static func autoencoder(inputs: Int, code: Int) -> [LayerSpecification] {
    [
      LayerSpecification(
        name: "encode", kind: .dense(DenseGeometry(inputs: inputs, outputs: code)), activation: .rectifier(slope: 0)),
      LayerSpecification(
        name: "decode", kind: .fractionallyStridedConvolution(.dense(big: inputs, small: code)), activation: .none),
    ]
  }
}
