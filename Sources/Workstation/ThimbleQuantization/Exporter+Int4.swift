import Thimble
import ThimbleNetworks
import ThimbleThreads

extension Exporter {
  /// Places of each phase at which the inputs of a convolution are looked at, over all images.
  private static let places = 8192

  /// int4 weights of all layers but the last.
  func int4Weights(
    _ reference: FloatReference, _ folded: FoldedGenerator, _ latents: [Int16], _ smallestInputScales: [Double],
    _ progress: (String, Int, Int) -> Void
  ) -> [Int4Weights] {
    let network = reference.network
    let count = latents.count / network.inputCount
    progress("looking back from the image", 0, count)
    let sensitivity = OutputSensitivity(reference, folded, latents, workers: workers, kernels: kernels)
    return (0..<folded.layers.count - 1).map { index in
      progress("rounding weights", index, folded.layers.count - 1)
      let layer = folded.layers[index]
      let floors = QuantizedLayer.floors(layer, smallestInputScale: smallestInputScales[index], halfRange: 0)
      return Int4Weights(
        layer, floors: floors, phases: layer.kind.readsLatent ? [] : phases(layer, index, reference, latents, count),
        outputs: sensitivity.moments[index], workers: workers)
    }
  }

  /// How the inputs of one layer vary together, phase by phase.
  private func phases(
    _ layer: FoldedLayer, _ index: Int, _ reference: FloatReference, _ latents: [Int16], _ count: Int
  ) -> [PhaseInputs] {
    guard let g = layer.kind.convolution else { return [] }
    let phases = (0..<g.phaseCount).map { PhaseInputs(g, phase: $0, workers: workers, kernels: kernels) }
    let network = reference.network
    let size = network.layers[index - 1].outputCount
    _ = reference.images(latents) { first, images in
      for image in 0..<images {
        let map = unsafe network.output(ofLayer: index - 1) + image * size
        for phase in phases { unsafe phase.add(map, number: first + image, count: max(1, Self.places / count)) }
      }
    }
    for phase in phases { phase.moments.flush() }
    return phases
  }
}
