import Thimble
import ThimbleNetworks
import ThimbleThreads

/// How errors of the hidden layers' outputs meet in the image: for each hidden layer the second moments, over latents, of the
/// image's gradient before the ReLU. An error d there costs d^T M d in the image.
///
/// A gradient of a random sum of pixels, each with the sign + or -, has the second moments of all pixels' gradients
/// (Hutchinson 1989). For the first layer they are over [position][channel], for a convolution over channels, all positions together.
struct OutputSensitivity {
  private(set) var moments: [SecondMoments]

  /// Random sums for each latent.
  private static let signs = 8

  init(
    _ reference: FloatReference, _ folded: FoldedGenerator, _ latents: [Int16], workers: Workers, kernels: FloatKernels
  ) {
    let network = reference.network
    let hidden = folded.layers.count - 1
    let tail = Self.tail(folded, capacity: network.capacity, workers: workers, kernels: kernels)
    let moments = folded.layers.prefix(hidden).map { layer in
      SecondMoments(layer.outputs, workers, kernels)
    }
    var number: UInt64 = 0
    _ = reference.images(latents) { first, count in
      let maps = unsafe network.output(ofLayer: 0)
      unsafe tail.forward(maps, images: count)
      let weights = (0..<count).map { unsafe Self.weight(tail.output + $0 * tail.outputCount, tail.outputCount) }
      for _ in 0..<Self.signs {
        unsafe Self.fillSigns(tail.outputGradient, tail.outputCount, weights, number)
        number += 1
        unsafe tail.backward(input: maps, images: count, parameterGradients: false, inputGradient: true) {
          layer, gradient in
          // The input of the tail's layer i is the output of layer i of the whole.
          let outputs = unsafe layer == 0 ? maps : tail.output(ofLayer: layer - 1)
          unsafe Self.add(gradient, outputs, count: count * network.layers[layer].outputCount, to: moments[layer])
        }
      }
    }
    for one in moments { one.flush() }
    self.moments = moments
  }

  /// Gradients where the ReLU is open, in rows.
  private static func add(
    _ gradient: UnsafePointer<Float>, _ outputs: UnsafePointer<Float>, count: Int, to moments: SecondMoments
  ) {
    for first in stride(from: 0, to: count, by: moments.count) {
      unsafe moments.add { row in
        for i in 0..<moments.count { unsafe row[i] = unsafe outputs[first + i] > 0 ? gradient[first + i] : 0 }
      }
    }
  }

  /// An image with few pixels that are quite black or white shows most of every error: the worst image decides, so that it
  /// counts the more.
  private static func weight(_ image: UnsafePointer<Float>, _ count: Int) -> Float {
    var sum: Float = 0
    for i in 0..<count {
      let slope = unsafe 1 - image[i] * image[i]
      sum += slope * slope
    }
    return (sum / Float(count)).squareRoot()
  }

  private static func fillSigns(
    _ values: UnsafeMutablePointer<Float>, _ size: Int, _ weights: [Float], _ number: UInt64
  ) {
    let count = size * weights.count
    let random = Philox(seed: 1)
    for block in 0..<(count + 127) / 128 {
      let words = random.block(UInt32(block), stream: number, domain: .calibration)
      for i in 0..<min(128, count - 128 * block) {
        let weight = weights[(128 * block + i) / size]
        unsafe values[128 * block + i] = words[i / 32] >> UInt32(i % 32) & 1 == 0 ? weight : -weight
      }
    }
  }

  /// The layers after the first, normalisation folded in.
  private static func tail(
    _ folded: FoldedGenerator, capacity: Int, workers: Workers, kernels: FloatKernels
  ) -> Network {
    let layers = folded.layers.dropFirst().map { layer in
      var specification = layer.specification
      specification.statistics = nil
      specification.hasBias = true
      return specification
    }
    let context = ComputeContext(workspace: Workspace(), workers: workers, kernels: kernels)
    let network = Network(layers, capacity: capacity, batchNormEpsilon: 0, trained: true, context)
    context.workspace.allocate()
    for parameter in network.parameters {
      let layer = folded.layers.first { $0.specification.name == parameter.layer.name }!
      let values = parameter.role == .weight ? layer.weights : layer.biases
      for (i, value) in values.enumerated() { unsafe network.parameterValues[parameter.offset + i] = Float(value) }
    }
    network.parametersChanged()
    return network
  }
}
