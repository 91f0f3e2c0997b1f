import Thimble
import ThimbleNetworks
import ThimbleThreads

/// All that is needed to round the layers of a generator, again and again.
struct LayerRounding {
  private let layers: [FoldedLayer]
  private let feedback: [[TapFeedback]]
  /// For each layer: the least that one step of its inputs can come to stand for.
  let smallestInputScales: [Double]
  private let workers: Workers

  init(_ folded: FoldedGenerator, _ survey: ActivationSurvey, workers: Workers) {
    let layers = folded.layers
    self.layers = layers
    self.workers = workers
    // Where inputs are independent, there is nothing to feed back.
    feedback = survey.inputs.map { $0?.groups.map(TapFeedback.init) ?? [] }
    let largest = survey.largest
    smallestInputScales = layers.indices.map {
      layers[$0].kind.readsLatent
        ? ThimbleNetworks.LayerKind.latentScale : largest[$0 - 1] / 255 * RangeSearch.leastPart
    }
  }

  /// The factors between a layer and the next.
  func factors(_ survey: ActivationSurvey, _ index: Int, _ way: Equalization.Way) -> [Double] {
    Equalization.factors(largest: survey.channels[index], next: layers[index + 1], way)
  }

  /// The layer with its weights rounded.
  /// - Parameter inputFactors: the divisor of each input channel (default 1).
  func layer(_ index: Int, inputFactors: [Double]?) -> QuantizedLayer {
    QuantizedLayer(
      layers[index],
      inputFactors: inputFactors ?? [Double](repeating: 1, count: layers[index].kind.inputChannels),
      smallestInputScale: smallestInputScales[index],
      halfRange: index + 1 == layers.count ? ModelFileBytes.tableHalfRange : 0, feedback: feedback[index],
      workers: workers)
  }
}
