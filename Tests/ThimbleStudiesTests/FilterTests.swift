import Testing
import ThimbleNetworks
import ThimbleStudies
import ThimbleThreads

/// Guided backpropagation against the definition, tap by tap in f64.
@Suite struct FilterTests {
  private let count = 5
  private let side = 16

  private func discriminator() -> (Network, Recipe) {
    var recipe = Recipe(geometry: .common, size: side, channels: 3)
    recipe.discriminatorWidths = [8, 6]
    let context = ComputeContext(
      workspace: Workspace(), workers: Workers(count: 2), kernels: FloatKernels(.detected))
    let network = Network(recipe.discriminatorLayers, capacity: count, batchNormEpsilon: 1e-5, trained: true, context)
    context.workspace.allocate()
    network.initialize(seed: 4, deviation: 0.3, network: 1)
    return (network, recipe)
  }

  private func images() -> [Float] {
    var waves = Waves(side: side, seed: 9)
    return (0..<count).flatMap { _ in
      let planes = (0..<3).map { _ in waves.image() }
      return (0..<(side * side * 3)).map { planes[$0 % 3][$0 / 3] }
    }
  }

  private func values(_ network: Network, _ layer: String, _ role: Parameter.Role) -> [Double] {
    let parameter = network.parameters.first { $0.layer.name == layer && $0.role == role }!
    return (0..<parameter.count).map { Double(network.parameterValues[parameter.offset + $0]) }
  }

  /// From a small map to the big one: weights in memory are [tap][big][small].
  private func spread(_ small: [Double], _ weights: [Double], _ g: ConvolutionGeometry) -> [Double] {
    var big = [Double](repeating: 0, count: g.bigSide * g.bigSide * g.bigChannels)
    for at in 0..<(g.smallSide * g.smallSide) {
      for tap in 0..<g.taps {
        let y = at / g.smallSide * g.stride - g.padding + tap / g.kernel
        let x = at % g.smallSide * g.stride - g.padding + tap % g.kernel
        guard (0..<g.bigSide).contains(y), (0..<g.bigSide).contains(x) else { continue }
        for b in 0..<g.bigChannels {
          for s in 0..<g.smallChannels {
            let weight = weights[(tap * g.bigChannels + b) * g.smallChannels + s]
            big[(y * g.bigSide + x) * g.bigChannels + b] += weight * small[at * g.smallChannels + s]
          }
        }
      }
    }
    return big
  }

  /// Catches: a rectifier that lets the negative through either way, a normalisation left out or of another minibatch, taps or
  /// images exchanged.
  @Test func guidedGradientIsTheDefinition() throws {
    let (network, _) = discriminator()
    let images = images()
    network.forward(images, images: count)
    let (first, second) = (network.layers[0], network.layers[1])
    let low = (0..<(count * first.outputCount)).map { Double(network.output(ofLayer: 0)[$0]) }
    let high = (0..<(count * second.outputCount)).map { Double(network.output(ofLayer: 1)[$0]) }
    // Of both signs, everywhere.
    let seed = high.indices.map { Float($0 % 7) - 2 }
    // Statistics of what the second convolution made of the first layer's output, by its transpose's taps.
    let (g1, g2) = (try #require(first.kind.convolution), try #require(second.kind.convolution))
    let (w1, w2) = (values(network, "conv1", .weight), values(network, "conv2", .weight))
    var before = [Double](repeating: 0, count: count * second.outputCount)
    for n in 0..<count {
      for i in 0..<second.outputCount {
        var one = [Double](repeating: 0, count: second.outputCount)
        one[i] = 1
        let taps = spread(one, w2, g2)
        before[n * second.outputCount + i] = taps.indices.reduce(0.0) { $0 + taps[$1] * low[n * taps.count + $1] }
      }
    }
    let gains = values(network, "conv2", .gain)
    let scales = (0..<6).map { c in
      let all = stride(from: c, to: before.count, by: 6).map { before[$0] }
      let mean = all.reduce(0, +) / Double(all.count)
      let variance = all.reduce(0.0) { $0 + ($1 - mean) * ($1 - mean) } / Double(all.count)
      return gains[c] / (variance + 1e-5).squareRoot()
    }
    let found = network.guidedGradient(from: 1, seed, images: count)
    var (largest, wrong) = (0.0, 0.0)
    for n in 0..<count {
      let top = (0..<second.outputCount).map { i in
        let at = n * second.outputCount + i
        return seed[at] > 0 && high[at] > 0 ? Double(seed[at]) * scales[i % 6] : 0
      }
      let middle = spread(top, w2, g2)
      let passed = middle.indices.map { middle[$0] > 0 && low[n * middle.count + $0] > 0 ? middle[$0] : 0 }
      let wanted = spread(passed, w1, g1)
      for i in wanted.indices {
        largest = max(largest, abs(wanted[i]))
        wrong = max(wrong, abs(wanted[i] - Double(found[n * wanted.count + i])))
      }
    }
    #expect(largest > 0.1 && wrong < 1e-4 * largest, "\(wrong) of \(largest)")
  }

  /// Catches: responses that are not the strongest, or gradients of other images.
  @Test func strongestResponses() {
    let (network, _) = discriminator()
    let images = images()
    let study = FilterStudy(network, images: images, count: count, features: 6, strongest: 2)
    network.forward(images, images: count)
    let map = network.output(ofLayer: 1)
    for feature in 0..<6 {
      let peaks = (0..<count).map { n in (0..<16).map { map[n * 96 + $0 * 6 + feature] }.max()! }
      let order = peaks.sorted(by: >)
      #expect(study.responses[feature].map(\.value) == [order[0], order[1]])
      for (response, gradient) in zip(study.responses[feature], study.gradients[feature]) {
        #expect(peaks[response.image] == response.value)
        #expect(gradient.count == 768 && (response.value <= 0 || gradient.contains { $0 != 0 }))
      }
    }
    #expect(study.selectivity > 1)
  }

  @Test func pictures() {
    #expect(FilterStudy.pixels([-2, 0, 1, 2]) == [0, 128, 191, 255])
    #expect(FilterStudy.pixels([0, 0]) == [128, 128])
  }
}
