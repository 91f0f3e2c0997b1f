import Foundation
import Thimble
import ThimbleStateDicts
import ThimbleStorage
import ThimbleThreads

/// A generator as a file holds it: layers, weights, frozen statistics if it has them. From checkpoints of our own, and from
/// files of other programs by `ForeignGenerator`.
///
/// Nothing is computed here: `PlainGenerator` makes of it what runs frozen and is exported.
package struct StoredGenerator: GeneratorNumbers {
  package let layers: [LayerSpecification]
  package let latents: LatentSource
  package let batchNormEpsilon: Double
  /// All parameters in a network's order.
  package internal(set) var parameters: [Float]
  /// nil where the file has none: they are then made by `Network.freeze`.
  package let statistics: FrozenStatistics?
  /// Of a generator that is more than the paper's: with labels, hidden layers, another output or normalisation.
  package let recipeBeyondPaper: Recipe?
  /// Metadata of the file: licence and digest of the data, recipe, step.
  package let metadata: [String: String]

  /// What was left out, computed or taken for granted of a foreign file, a line each.
  package let notes: [String]

  /// Reads the generator in the file at `path`.
  /// - Parameter options: for files of other programs.
  package init(path: String, importing options: ImportOptions = ImportOptions()) throws(FileError) {
    let file = try SafetensorsFile(path: path)
    try file.checkWhole()
    let recipe = try Self.recipeBeyondPaper(file)
    recipeBeyondPaper = recipe
    guard file.metadata["recipe"] != nil || file.metadata["format"]?.hasPrefix("thimble-") == true else {
      let foreign = try ForeignGenerator(file, options)
      (layers, parameters, statistics) = (foreign.layers, foreign.parameters, foreign.statistics)
      (metadata, notes) = (foreign.metadata, foreign.notes)
      let description = foreign.reader.description
      latents = LatentSource(length: layers.first!.inputCount, distribution: description.distribution)
      batchNormEpsilon = description.epsilon
      return
    }
    guard options.isEmpty else {
      throw FileError(
        .usage, file: path, field: "--map, --metadata", found: "a checkpoint of Thimble's own",
        wanted: "a foreign generator",
        advice: "Import it without them: the file says all.")
    }
    let description: GeneratorDescription
    if let recipe {
      description = GeneratorDescription(recipe: recipe)
    } else {
      description = try GeneratorDescription(file.metadata, path)
    }
    let reader = GeneratorReader(
      tensors: GeneratorTensors(own: file, unprefixed: recipe == nil), description: description)
    if let recipe {
      (layers, latents) = (recipe.generatorLayers, recipe.latents)
    } else {
      layers = try reader.layers()
      latents = LatentSource(length: layers.first!.inputCount, distribution: description.distribution)
    }
    batchNormEpsilon = description.epsilon
    let (layout, count) = Parameter.layout(layers)
    parameters = try reader.parameters(layout, count: count)
    statistics = try reader.statistics(layout)
    (metadata, notes) = (file.metadata, [])
  }

  /// The recipe of a file whose generator is more than the paper's.
  private static func recipeBeyondPaper(_ file: SafetensorsFile) throws(FileError) -> Recipe? {
    guard let text = file.metadata["recipe"] else { return nil }
    let recipe = try Recipe(json: Data(text.utf8), file: file.path)
    if recipe.pooling {
      throw FileError(
        .badData, file: file.path, field: "recipe.pooling", found: "true",
        wanted: "false: fractionally-strided convolutions",
        advice: "Networks with pooling cannot be sampled or exported: train one with `pooling` false.")
    }
    let isPlain =
      recipe.classes == 0 && recipe.generatorHidden.isEmpty && recipe.output == .tanh && recipe.normalized == .paper
    return isPlain && recipe.generatorLayers.allSatisfy(\.kind.isInPapersGenerator) ? nil : recipe
  }

  /// A copy whose parameters `change` has changed, one after the other.
  package func changingParameters(_ change: (Parameter, inout ArraySlice<Float>) -> Void) -> StoredGenerator {
    var copy = self
    for parameter in Parameter.layout(layers).parameters {
      change(parameter, &copy.parameters[parameter.offset..<(parameter.offset + parameter.count)])
    }
    return copy
  }

  /// Writes the generator under the project's own names.
  /// One beyond the paper's is refused: its layers are not those that such a file describes.
  package func write(statistics: FrozenStatistics?, to path: String) throws(FileError) {
    let convolutions = layers.compactMap(\.kind.convolution)
    guard recipeBeyondPaper == nil, !convolutions.isEmpty else {
      throw FileError(
        .badData, file: path, field: "recipe", found: "classes, hidden layers, or another output or normalisation",
        wanted: "the paper's generator",
        advice: "Use a checkpoint of `thimble train`: only checkpoints can describe such networks.")
    }
    let network = network(capacity: 1, workers: Workers(count: 1), kernels: FloatKernels(.portable))
    var tensors = unsafe Checkpoint.weights(network, prefix: "generator")
    if let statistics { tensors += Checkpoint.tensors(of: statistics, network) }
    var metadata = metadata
    let description = GeneratorDescription(convolutions, distribution: latents.distribution, epsilon: batchNormEpsilon)
    metadata.merge(description.metadata) { $1 }
    metadata["format"] = Checkpoint.generatorFormat
    try Checkpoint.write(tensors, metadata, to: path)
  }
}
