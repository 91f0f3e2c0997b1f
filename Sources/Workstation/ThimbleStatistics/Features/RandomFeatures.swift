import Thimble
import ThimbleBatches
import ThimbleNetworks
import ThimbleThreads

/// The feature network of all measures: strided 4x4 convolutions of 64 channels with LeakyReLU 0.2 and fixed random weights, down to
/// a map of 4x4 (7x7 for images of 28), whose quarters are averaged: 4 x 64 = 256 numbers an image.
///
/// Random, because a network trained on photographs sees little in garments or emoji, and because it needs no data and no file: the
/// weights are N(0, 2 / (1.04 x inputs)) (He et al., 2015), drawn from seed 0 as initial weights are, and equal on every machine.
/// (Random embeddings for measuring generators: Naeem et al.: "Reliable Fidelity and Diversity Metrics for Generative Models", 2020.)
/// Distances in these features compare generators of one set and size with each other, and with nothing measured elsewhere.
package final class RandomFeatures {
  /// Numbers an image.
  package static let length = 4 * width
  private static let width = 64
  private static let slope: Float = 0.2

  private let network: Network
  private let imageByteCount: Int
  private var input: [Float]

  /// For square images of a side that recipes know.
  package init(side: Int, channels: Int, workers: Workers, kernels: FloatKernels) {
    var recipe = Recipe(geometry: .common, size: side, channels: channels)
    var (halvings, last) = (0, side)
    while last > 4 && last % 2 == 0 { (halvings, last) = (halvings + 1, last / 2) }
    recipe.discriminatorWidths = [Int](repeating: Self.width, count: halvings)
    let layers = recipe.discriminatorLayers.dropLast().map { layer in
      var layer = layer
      layer.statistics = nil
      return layer
    }
    let context = ComputeContext(workspace: Workspace(), workers: workers, kernels: kernels)
    network = Network(layers, capacity: 64, batchNormEpsilon: 1e-5, trained: false, context)
    context.workspace.allocate()
    network.initialize(seed: 0, deviation: 1, network: 2)
    for parameter in network.parameters {
      let inputs = Float(parameter.layer.kind.weightsPerOutput)
      let scale = (2 / ((1 + Self.slope * Self.slope) * inputs)).squareRoot()
      for i in parameter.offset..<(parameter.offset + parameter.count) { unsafe network.parameterValues[i] *= scale }
    }
    network.parametersChanged()
    imageByteCount = side * side * channels
    input = [Float](repeating: 0, count: network.capacity * imageByteCount)
  }

  /// Features [count][256].
  /// - Parameter image: the pixels of an image, u8 [height][width][channels]; asked for in order.
  package func features(count: Int, image: (Int) -> UnsafeRawBufferPointer) -> [Float] {
    var result: [Float] = []
    result.reserveCapacity(count * Self.length)
    for first in stride(from: 0, to: count, by: network.capacity) {
      let images = min(network.capacity, count - first)
      for n in 0..<images {
        let pixels = unsafe image(first + n)
        for i in 0..<imageByteCount { input[n * imageByteCount + i] = unsafe Pixel.value(pixels[i]) }
      }
      unsafe network.forward(input, images: images)
      for n in 0..<images { unsafe result += quarters(network.output + n * network.outputCount) }
    }
    return result
  }

  /// Features of images that lie one after the other.
  package func features(_ pixels: [UInt8]) -> [Float] {
    unsafe pixels.withUnsafeBytes { bytes in
      unsafe features(count: bytes.count / imageByteCount) {
        unsafe UnsafeRawBufferPointer(rebasing: bytes[($0 * imageByteCount)..<(($0 + 1) * imageByteCount)])
      }
    }
  }

  /// The mean of each channel over each quarter of the map; the quarters of an odd side share its middle.
  private func quarters(_ map: UnsafePointer<Float>) -> [Float] {
    let side = network.layers.last!.kind.outputSide
    var means = [Float](repeating: 0, count: Self.length)
    let half = (side + 1) / 2
    for quarter in 0..<4 {
      let (top, left) = (quarter / 2 * (side - half), quarter % 2 * (side - half))
      for c in 0..<Self.width {
        var sum: Float = 0
        for y in top..<(top + half) {
          for x in left..<(left + half) { unsafe sum += map[(y * side + x) * Self.width + c] }
        }
        means[quarter * Self.width + c] = sum / Float(half * half)
      }
    }
    return means
  }
}
