import Foundation
import ThimbleStorage
import ThimbleThreads

/// A discriminator as a file holds it: a checkpoint of a training run, with its recipe, or foreign weights under the same names
/// (`conv1`, `conv2`, ..., `score`), whose recipe their shapes tell.
package struct StoredDiscriminator: Sendable {
  package let path: String
  package let recipe: Recipe
  private let values: [(parameter: Parameter, values: [Float])]

  /// Reads the discriminator in the file at `path`.
  package init(path: String) throws(FileError) {
    self.path = path
    let file = try SafetensorsFile(path: path)
    try file.checkWhole()
    let prefix: String
    if let text = file.metadata["recipe"], file.tensors.keys.contains(where: { $0.hasPrefix("discriminator.") }) {
      recipe = try Recipe(json: Data(text.utf8), file: path)
      prefix = "discriminator."
    } else if file.tensors["conv1.weight"] != nil {
      recipe = try Self.recipe(foreign: file)
      prefix = ""
    } else {
      throw FileError(
        .badData, file: path, field: "discriminator", found: "none", wanted: "a checkpoint of both networks",
        advice: "Name a run's checkpoint, or a file made by `thimble strip`.")
    }
    values = try Parameter.layout(recipe.discriminatorLayers).parameters.map { (parameter) throws(FileError) in
      (parameter, try file.finiteFloats(prefix + parameter.name, shape: parameter.shape))
    }
  }

  /// Refuses a discriminator that takes an image's class as input: here it runs on images without classes.
  package func checkUnconditional() throws(FileError) {
    guard recipe.classes > 0 else { return }
    throw FileError(
      .badData, file: path, field: "recipe.classes", found: "\(recipe.classes)",
      wanted: "0: a discriminator without classes",
      advice: "Train a network without classes for this command.")
  }

  /// Refuses a discriminator that is not a chain of convolutions and a score.
  package func checkPlain() throws(FileError) {
    try checkUnconditional()
    guard recipe.pooling || recipe.globalPooling || !recipe.discriminatorHidden.isEmpty else { return }
    throw FileError(
      .badData, file: path, field: "recipe", found: "pooling or hidden layers", wanted: "the paper's discriminator",
      advice: "Train a network without them for this command.")
  }

  /// The recipe whose discriminator has these shapes, of the geometry that the kernel's side implies.
  private static func recipe(foreign file: SafetensorsFile) throws(FileError) -> Recipe {
    func bad(_ name: String, _ found: String, _ wanted: String) -> FileError {
      FileError(
        .badData, file: file.path, field: name, found: found, wanted: wanted,
        advice: "The file does not hold a DCGAN discriminator. Name a checkpoint of `thimble train`.")
    }
    if file.tensors["conv1.bias"] != nil {
      throw bad("conv1.bias", "a bias", "no bias: DCGAN's first convolution has neither bias nor normalisation")
    }
    var widths: [Int] = []
    var (kernel, channels) = (0, 0)
    while file.tensors["conv\(widths.count + 1).weight"] != nil, widths.count < 8 {
      let name = "conv\(widths.count + 1).weight"
      let shape = try file.tensor(name, .f32, shape: [nil, nil, nil, nil]).shape
      if widths.isEmpty { (kernel, channels) = (shape[2], shape[1]) }
      guard (1...4096).contains(shape[0]), shape[1] == widths.last ?? channels, shape[2] == kernel, shape[3] == kernel,
        kernel == 4 || kernel == 5
      else { throw bad(name, "\(shape)", "[channels, channels before, 5, 5], or 4, 4") }
      widths.append(shape[0])
    }
    let inputs = try file.tensor("score.weight", .f32, shape: [1, nil]).shape[1]
    let side = Int((Double(inputs) / Double(widths.last!)).squareRoot())
    guard side >= 1, side <= 64, inputs == side * side * widths.last! else {
      throw bad("score.weight", "[1, \(inputs)]", "[1, \(widths.last!) x side x side]")
    }
    var recipe = Recipe(geometry: kernel == 5 ? .authors : .common, size: side << widths.count, channels: channels)
    recipe.discriminatorWidths = widths
    recipe.generatorWidths = widths.reversed()
    if let text = file.metadata["bn_eps"] {
      guard let epsilon = Double(text) else { throw bad("bn_eps", "\"\(text)\"", "a number above 0 and below 1") }
      recipe.batchNormEpsilon = epsilon
    }
    try recipe.validate(file: file.path)
    return recipe
  }

  /// A network with these weights, or with initial ones of the recipe's kind. `trained`: it can be run backwards too. Throws `usage`
  /// where it does not fit in memory: few weights can ask for large maps.
  package func network(
    capacity: Int, random: Bool = false, trained: Bool = true, workers: Workers, kernels: FloatKernels,
    memory: MemoryLimit = .present
  ) throws(FileError) -> Network {
    let context = ComputeContext(workspace: Workspace(), workers: workers, kernels: kernels)
    let network = Network(
      recipe.discriminatorLayers, capacity: capacity, batchNormEpsilon: Float(recipe.batchNormEpsilon),
      trained: trained, context)
    try memory.check(
      context.workspace.byteCount, for: "\(capacity) images", file: path,
      advice: "Use a discriminator with smaller widths, or a smaller --batch if the command has one.")
    context.workspace.allocate()
    if random {
      network.initialize(seed: recipe.seed, deviation: Float(recipe.weightDeviation), network: 1)
    } else {
      for (parameter, values) in values { unsafe parameter.store(values, into: network.parameterValues) }
      network.parametersChanged()
    }
    return network
  }
}
