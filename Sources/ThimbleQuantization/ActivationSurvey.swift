import Foundation
import Thimble
import ThimbleNetworks
import ThimbleStorage

/// The images of the frozen network over the calibration latents, and what its activations are like.
struct ActivationSurvey {
  /// The largest activation of each layer but the last.
  private(set) var largest: [Double]
  /// How the inputs of the last layer vary together.
  private(set) var lastInputs: InputCorrelations
  private(set) var images: [Float]

  init(_ reference: FloatReference, _ latents: [Int16], last: FoldedLayer) {
    let network = reference.network
    let hidden = network.layers.count - 1
    let size = network.layers[hidden - 1].outputCount
    var correlations = InputCorrelations(last, images: latents.count / network.layers[0].geometry.bigChannels)
    var maxima = [Float](repeating: 1e-6, count: hidden)
    images = reference.images(latents) { first, count in
      for image in 0..<count {
        correlations.add(network.output(ofLayer: hidden - 1) + image * size, number: first + image)
      }
      for layer in maxima.indices {
        let output = network.output(ofLayer: layer)
        for i in 0..<(count * network.layers[layer].outputCount) { maxima[layer] = max(maxima[layer], output[i]) }
      }
    }
    largest = maxima.map(Double.init)
    lastInputs = correlations
  }
}

/// The signal-to-noise ratio of each layer's integer output against the frozen f32 network's, over 128 seeds.
struct LayerRatios {
  private(set) var decibels: [Double] = []

  init(
    _ stored: StoredGenerator, _ reference: FloatReference, _ image: GeneratorImage, _ scales: [Double],
    _ runner: IntegerRunner
  ) throws(FileError) {
    let count = reference.network.capacity
    let latents = LatentRows.seeds(count, length: stored.latentLength, stored.distribution)
    _ = reference.images(latents)
    var (signal, noise) = ([Double](repeating: 0, count: scales.count), [Double](repeating: 0, count: scales.count))
    _ = try runner.run(UnsafeRawBufferPointer(image.bytes), latents: latents) { layer, number, map in
      let specification = stored.layers[layer]
      let channels = specification.outputChannels
      let wanted = reference.network.output(ofLayer: layer) + number * specification.outputCount
      for i in 0..<specification.outputCount {
        let byte = map[i / channels * ((channels + 15) / 16 * 16) + i % channels]
        let (value, difference) = (Double(wanted[i]), Double(wanted[i]) - Double(byte) * scales[layer])
        signal[layer] += value * value
        noise[layer] += difference * difference
      }
    }
    decibels = zip(signal, noise).map { 10 * log10($0 / max($1, 1e-30)) }
  }
}
