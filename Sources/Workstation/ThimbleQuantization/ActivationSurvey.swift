import Foundation
import Thimble
import ThimbleNetworks
import ThimbleStorage
import ThimbleThreads

/// The images of the frozen network over the calibration latents, and what its activations are like.
struct ActivationSurvey {
  /// The largest activation of each channel of each layer but the last.
  private(set) var channels: [[Double]]
  /// How the inputs of each layer vary together; nil for the latent, whose numbers are independent.
  private(set) var inputs: [InputCorrelations?]
  private(set) var images: [Float]
  /// For each layer but the last: the largest activation of each image.
  private(set) var imageMaxima: [[Double]]

  /// The largest activation of each layer but the last.
  var largest: [Double] { channels.map { $0.max()! } }

  init(_ reference: FloatReference, _ latents: [Int16], _ layers: [FoldedLayer], workers: Workers) {
    let network = reference.network
    let hidden = network.layers.count - 1
    let count = latents.count / network.inputCount
    var correlations = layers.map { layer in
      layer.kind.readsLatent
        ? nil : layer.kind.convolution.map { InputCorrelations($0, images: count, workers: workers) }
    }
    var maxima = (0..<hidden).map { [Float](repeating: 1e-6, count: layers[$0].specification.outputChannels) }
    var imageMaxima = [[Double]](repeating: [Double](repeating: 0, count: count), count: hidden)
    images = reference.images(latents) { first, count in
      for layer in maxima.indices {
        let output = unsafe network.output(ofLayer: layer)
        for image in 0..<count {
          unsafe correlations[layer + 1]?.add(
            output + image * network.layers[layer].outputCount,
            image: layer + 1 == hidden ? network.output + image * network.outputCount : nil, number: first + image)
        }
        let (width, size) = (maxima[layer].count, network.layers[layer].outputCount)
        unsafe maxima[layer].withUnsafeMutableBufferPointer { maxima in
          for image in 0..<count {
            let map = unsafe output + image * size
            var largest: Float = 0
            for place in stride(from: 0, to: size, by: width) {
              for channel in 0..<width {
                unsafe maxima[channel] = max(maxima[channel], map[place + channel])
                largest = unsafe max(largest, map[place + channel])
              }
            }
            imageMaxima[layer][first + image] = Double(largest)
          }
        }
      }
    }
    self.imageMaxima = imageMaxima
    channels = maxima.map { $0.map(Double.init) }
    for layer in correlations.indices { correlations[layer]?.finish() }
    inputs = correlations
  }
}

/// The signal-to-noise ratio of each layer's integer output against the frozen f32 network's, over 128 seeds.
struct LayerRatios {
  private(set) var decibels: [Double] = []

  init(
    _ generator: PlainGenerator, _ reference: FloatReference, _ file: ModelFileBytes, _ scales: [Double],
    _ runner: IntegerRunner
  ) throws(FileError) {
    let count = reference.network.capacity
    let latents = LatentRows.seeds(count, generator.latents)
    _ = reference.images(latents)
    var (signal, noise) = ([Double](repeating: 0, count: scales.count), [Double](repeating: 0, count: scales.count))
    _ = try unsafe runner.run(UnsafeRawBufferPointer(file.bytes), latents: latents) { layer, number, map in
      let specification = generator.layers[layer]
      let channels = specification.outputChannels
      let factors = file.layers[layer].outputFactors
      let wanted = unsafe reference.network.output(ofLayer: layer) + number * specification.outputCount
      for i in 0..<specification.outputCount {
        let byte = unsafe map[i / channels * ((channels + 15) / 16 * 16) + i % channels]
        let (value, difference) = unsafe (
          Double(wanted[i]), Double(wanted[i]) - Double(byte) * scales[layer] * factors[i % channels]
        )
        signal[layer] += value * value
        noise[layer] += difference * difference
      }
    }
    decibels = zip(signal, noise).map { 10 * log10($0 / max($1, 1e-30)) }
  }
}
