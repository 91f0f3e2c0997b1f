import Thimble
import ThimbleStorage
import ThimbleThreads

/// A generator as a file holds it: layers, weights, frozen statistics if it has them. From checkpoints of our own, from
/// files with the same tensor names (`project`, `deconv1`, ...) and from state dicts of PyTorch's DCGAN example (`main.0`, ...).
package struct StoredGenerator: Sendable {
  package let layers: [LayerSpecification]
  /// Classes, of which one is told the generator by the latent's last numbers; 0: none.
  package let classes: Int
  package let distribution: LatentDistribution
  package let batchNormEpsilon: Double
  /// All parameters in a network's order.
  package internal(set) var parameters: [Float]
  /// nil where the file has none: they are then made by `Network.freeze`.
  package var statistics: FrozenStatistics?
  /// Metadata of the file: licence and digest of the data, recipe, step.
  package let metadata: [String: String]

  /// Numbers of a latent, the classes' included.
  package var latentLength: Int { layers[0].geometry.bigChannels }
  package var latents: LatentSource {
    LatentSource(length: latentLength - classes, distribution: distribution, classes: classes)
  }
  package var imageSide: Int { layers.last!.geometry.bigSide }
  package var imageChannels: Int { layers.last!.geometry.bigChannels }
  /// Numbers learnt, batch normalisation included.
  package var parameterCount: Int { Parameter.layout(layers).parameters.reduce(0) { $0 + $1.count } }
  package var multiplyAccumulates: Int { layers.reduce(0) { $0 + $1.geometry.multiplyAccumulates } }

  /// Reads the generator in the file at `path`.
  package init(path: String) throws(FileError) {
    let file = try SafetensorsFile(path: path)
    try file.checkWhole()
    if let recipe = try Self.recipeToExpand(file) {
      try self.init(expanding: file, recipe)
      return
    }
    let names = TensorNames(file)
    let description = try names.isTorchExample ? .torchExample : GeneratorDescription(file)
    var reader = GeneratorReader(file: file, names: names, description: description)
    let layers = try reader.layers()
    let (layout, count) = Parameter.layout(layers)
    self.init(
      layers: layers,
      LatentSource(length: layers[0].geometry.bigChannels, distribution: description.distribution),
      batchNormEpsilon: description.epsilon, parameters: try reader.parameters(layout, count: count),
      statistics: try reader.statistics(layout), metadata: file.metadata)
  }

  init(
    layers: [LayerSpecification], _ latents: LatentSource, batchNormEpsilon: Double, parameters: [Float],
    statistics: FrozenStatistics?, metadata: [String: String]
  ) {
    (self.layers, self.parameters, self.statistics, self.metadata) = (layers, parameters, statistics, metadata)
    (classes, distribution, self.batchNormEpsilon) = (latents.classes, latents.distribution, batchNormEpsilon)
  }

  /// The numbers of one layer in a network's order; nil if it has none of this kind.
  package func values(_ layer: LayerSpecification, _ role: Parameter.Role) -> [Float]? {
    Parameter.layout(layers).parameters.first { $0.layer.name == layer.name && $0.role == role }.map {
      Array(parameters[$0.offset..<($0.offset + $0.count)])
    }
  }

  /// A copy whose parameters `change` has changed, one after the other.
  package func changingParameters(_ change: (Parameter, inout ArraySlice<Float>) -> Void) -> StoredGenerator {
    var copy = self
    for parameter in Parameter.layout(layers).parameters {
      change(parameter, &copy.parameters[parameter.offset..<(parameter.offset + parameter.count)])
    }
    return copy
  }

  /// A network with these weights, for up to `capacity` images a run. Allocates its workspace.
  package func network(capacity: Int, workers: Workers, kernels: FloatKernels) -> Network {
    let context = ComputeContext(workspace: Workspace(), workers: workers, kernels: kernels)
    let network = Network(
      layers, capacity: capacity, batchNormEpsilon: Float(batchNormEpsilon), trained: false, context)
    context.workspace.allocate()
    parameters.withUnsafeBufferPointer { network.parameterValues.update(from: $0.baseAddress!, count: $0.count) }
    network.parametersChanged()
    return network
  }

  /// Writes the generator under the project's own names.
  /// One that was expanded is refused: its layers are not those that a checkpoint describes.
  package func write(statistics: FrozenStatistics?, to path: String) throws(FileError) {
    guard layers.dropLast().allSatisfy({ $0.statistics != nil })
    else {
      throw FileError(
        .badData, file: path, field: "recipe", found: "classes, hidden layers, another output or normalisation",
        wanted: "a generator of the paper's kind",
        advice: "Export the checkpoint itself: only that knows such networks.")
    }
    let network = network(capacity: 1, workers: Workers(count: 1), kernels: FloatKernels(.portable))
    var tensors = Checkpoint.weights(network, prefix: "generator")
    if let statistics { tensors += Checkpoint.tensors(of: statistics, network) }
    var metadata = metadata
    let first = layers[1].geometry
    var description = GeneratorDescription.torchExample
    description.kernel = first.kernel
    description.stride = first.stride
    description.padding = first.padding
    description.outputPadding =
      first.bigSide - ((first.smallSide - 1) * first.stride - 2 * first.padding + first.kernel)
    description.distribution = distribution
    description.epsilon = batchNormEpsilon
    metadata.merge(description.metadata) { $1 }
    metadata["format"] = Checkpoint.generatorFormat
    try Checkpoint.write(tensors, metadata, to: path)
  }
}
