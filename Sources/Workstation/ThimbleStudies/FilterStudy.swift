import ThimbleBatches
import ThimbleNetworks

/// What the features of a discriminator's last convolution answer to (paper, section 6.2 and figure 5): for each feature the
/// images of a batch that excite it most, and, by guided backpropagation, the pixels that do it.
package struct FilterStudy: Sendable {
  package struct Response: Sendable, Equatable {
    package var image: Int
    /// Position in the last map, along its rows.
    package var position: Int
    package var value: Float
  }

  /// For each feature the strongest responses, the strongest first; each image once.
  package let responses: [[Response]]
  /// The gradients at the images of the responses, f32 [feature][response][height][width][channels].
  package let gradients: [[[Float]]]
  /// The largest response over the mean of all of the feature's, over the features: how choosy they are.
  package let selectivity: Double

  /// - Parameters:
  ///   - images: f32 in [-1, 1], [count][height][width][channels]; as many as the network has room for at most.
  ///   - features: channels 0 ..< features of the last convolution.
  package init(_ discriminator: Network, images: [Float], count: Int, features: Int, strongest: Int) {
    let last = discriminator.layers.lastIndex { $0.kind.convolution != nil }!
    let specification = discriminator.layers[last]
    let (channels, size) = (specification.outputChannels, specification.outputCount)
    precondition(features <= channels && strongest <= count)
    unsafe discriminator.forward(images, images: count)
    let map = unsafe Array(UnsafeBufferPointer(start: discriminator.output(ofLayer: last), count: count * size))
    var (responses, gradients, ratios) = ([[Response]](), [[[Float]]](), 0.0)
    for feature in 0..<features {
      let all = (0..<count).map { image in
        (0..<(size / channels)).map {
          Response(image: image, position: $0, value: map[image * size + $0 * channels + feature])
        }
        .max { $0.value < $1.value }!
      }
      let found = Array(all.sorted { ($0.value, $1.image) > ($1.value, $0.image) }.prefix(strongest))
      var seed = [Float](repeating: 0, count: count * size)
      for response in found { seed[response.image * size + response.position * channels + feature] = response.value }
      let gradient = discriminator.guidedGradient(from: last, seed, images: count)
      let imageSize = gradient.count / count
      responses.append(found)
      gradients.append(found.map { Array(gradient[($0.image * imageSize)..<(($0.image + 1) * imageSize)]) })
      let positive = stride(from: feature, to: map.count, by: channels).reduce(0.0) { $0 + Double(max(0, map[$1])) }
      let mean = positive / Double(map.count / channels)
      ratios += mean > 0 ? Double(max(0, found[0].value)) / mean : 0
    }
    self.responses = responses
    self.gradients = gradients
    selectivity = ratios / Double(features)
  }

  /// A gradient as a picture: grey is none, the strongest number is black or white.
  package static func pixels(_ gradient: [Float]) -> [UInt8] {
    let most = gradient.reduce(Float(0)) { max($0, abs($1)) }
    return gradient.map { Pixel.strengthByte(most > 0 ? $0 / most : 0) }
  }
}
