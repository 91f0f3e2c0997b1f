import Foundation
import Thimble
import ThimbleNetworks
import ThimbleStorage

/// The images of the frozen network over the calibration latents, and the largest activation of each layer but the last.
struct ActivationSurvey {
  private(set) var largest: [Double]
  private(set) var images: [Float]

  init(_ reference: FloatReference, _ latents: [Int16]) {
    let network = reference.network
    var maxima = [Float](repeating: 1e-6, count: network.layers.count - 1)
    images = reference.images(latents) { _, count in
      for layer in maxima.indices {
        let output = network.output(ofLayer: layer)
        for i in 0..<(count * network.layers[layer].outputCount) { maxima[layer] = max(maxima[layer], output[i]) }
      }
    }
    largest = maxima.map(Double.init)
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
