import Foundation
import ThimbleStorage
import ThimbleThreads

extension StoredGenerator {
  /// The recipe of a file whose generator is more than the paper's: with labels, hidden layers, another output.
  static func recipeToExpand(_ file: SafetensorsFile) throws(FileError) -> Recipe? {
    guard let text = file.metadata["recipe"] else { return nil }
    let recipe = try Recipe(json: Data(text.utf8), file: file.path)
    if recipe.pooling {
      throw FileError(
        .badData, file: file.path, field: "recipe.pooling", found: "true",
        wanted: "false: fractionally-strided convolutions",
        advice: "Networks with pooling are trained to be looked at; train one without to sample and export it.")
    }
    let isPlain =
      recipe.classes == 0 && recipe.generatorHidden.isEmpty && recipe.output == .tanh && recipe.normalized == .paper
    return isPlain ? nil : recipe
  }

  /// Reads such a generator and makes a plain one of it, which is frozen: `statistics` are none. Those that the file does not have
  /// are made first.
  init(expanding file: SafetensorsFile, _ recipe: Recipe) throws(FileError) {
    let context = ComputeContext(
      workspace: Workspace(), workers: Workers(count: ProcessInfo.processInfo.activeProcessorCount),
      kernels: FloatKernels(.detected))
    let network = Network(
      recipe.generatorLayers, capacity: FrozenStatistics.batchSize, batchNormEpsilon: Float(recipe.batchNormEpsilon),
      trained: false, context)
    context.workspace.allocate()
    // The averaged generator is the one to use where there is one.
    let prefix =
      ["average.", "generator."].first { file.tensors[$0 + network.parameters[0].name] != nil } ?? "generator."
    for parameter in network.parameters {
      let values = try file.finiteFloats(prefix + parameter.name, shape: parameter.shape)
      parameter.store(values, into: network.parameterValues)
    }
    network.parametersChanged()
    let statistics = try FrozenStatistics(file, network.parameters) { prefix + $0 } ?? network.freeze(recipe.latents)
    network.setStatistics(statistics)
    let expanded = ExpandedGenerator(recipe, network, statistics)
    let (layout, count) = Parameter.layout(expanded.layers)
    var values = [Float](repeating: 0, count: count)
    for parameter in layout {
      let index = expanded.layers.firstIndex { $0.name == parameter.layer.name }!
      let own = parameter.role == .weight ? expanded.weights[index] : expanded.biases[index]
      values.replaceSubrange(parameter.offset..<(parameter.offset + parameter.count), with: own)
    }
    self.init(
      layers: expanded.layers, recipe.latents, batchNormEpsilon: recipe.batchNormEpsilon, parameters: values,
      statistics: FrozenStatistics(layers: []), metadata: file.metadata)
  }
}
