import Foundation
import Thimble
import ThimbleNetworks
import ThimbleStorage

/// The images of the frozen network over the calibration latents, and what its activations are like.
struct ActivationSurvey {
  /// The largest activation of each layer but the last.
  private(set) var largest: [Double]
  /// How the inputs of the layers 1 and up vary together.
  private(set) var inputs: [InputCorrelations]
  private(set) var images: [Float]

  init(_ reference: FloatReference, _ latents: [Int16], _ layers: [FoldedLayer], workers: Workers) {
    let network = reference.network
    let hidden = network.layers.count - 1
    let count = latents.count / network.layers[0].geometry.bigChannels
    var correlations = layers.dropFirst().map { InputCorrelations($0, images: count, workers: workers) }
    var maxima = [Float](repeating: 1e-6, count: hidden)
    images = reference.images(latents) { first, count in
      for layer in maxima.indices {
        let output = network.output(ofLayer: layer)
        for image in 0..<count {
          correlations[layer].add(output + image * network.layers[layer].outputCount, number: first + image)
        }
        for i in 0..<(count * network.layers[layer].outputCount) { maxima[layer] = max(maxima[layer], output[i]) }
      }
    }
    largest = maxima.map(Double.init)
    for layer in correlations.indices { correlations[layer].finish() }
    inputs = correlations
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
