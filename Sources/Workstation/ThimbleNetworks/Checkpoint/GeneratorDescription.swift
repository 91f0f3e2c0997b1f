import Thimble
import ThimbleStorage

/// What the tensors of a generator do not say themselves: the metadata that a checkpoint carries for it.
struct GeneratorDescription: Equatable {
  var kernel: Int
  var stride: Int
  var padding: Int
  var outputPadding: Int
  var distribution: LatentDistribution
  var epsilon: Double

  init(recipe: Recipe) {
    kernel = recipe.kernel
    stride = 2
    padding = recipe.padding
    outputPadding = recipe.geometry == .authors ? 1 : 0
    distribution = recipe.latentDistribution
    epsilon = recipe.batchNormEpsilon
  }

  /// Of a generator whose convolutions are like this one.
  init(_ convolution: ConvolutionGeometry, distribution: LatentDistribution, epsilon: Double) {
    (kernel, stride, padding) = (convolution.kernel, convolution.stride, convolution.padding)
    outputPadding = convolution.outputPadding
    (self.distribution, self.epsilon) = (distribution, epsilon)
  }

  /// PyTorch's DCGAN example, whose state dicts carry no metadata.
  static let torchExample = GeneratorDescription(recipe: Recipe(geometry: .common))

  var metadata: [String: String] {
    [
      "geometry": "\(kernel)x\(kernel) stride \(stride) padding \(padding) output_padding \(outputPadding)",
      "latent": distribution.name, "bn_eps": "\(epsilon)",
    ]
  }

  /// Reads the metadata `geometry`, `latent` and `bn_eps`.
  init(_ file: SafetensorsFile) throws(FileError) {
    func bad(_ field: String, _ wanted: String) -> FileError {
      FileError(
        .badData, file: file.path, field: field, found: file.metadata[field].map { "\"\($0)\"" } ?? "nothing",
        wanted: wanted, advice: "Add it to the file's metadata (`__metadata__`), as docs/reference/import.md says.")
    }
    let words = (file.metadata["geometry"] ?? "").split(separator: " ")
    let sides = (words.first ?? "").split(separator: "x").compactMap { Int($0) }
    guard words.count == 7, words[1] == "stride", words[3] == "padding", words[5] == "output_padding", sides.count == 2,
      sides[0] == sides[1], let stride = Int(words[2]), let padding = Int(words[4]), let output = Int(words[6]),
      (1...16).contains(sides[0]), (1...4).contains(stride), (0..<sides[0]).contains(padding),
      (0..<stride).contains(output)
    else { throw bad("geometry", "text such as \"5x5 stride 2 padding 2 output_padding 1\"") }
    let known: [LatentDistribution] = [.uniform, .normal]
    guard let distribution = known.first(where: { $0.name == file.metadata["latent"] }) else {
      throw bad("latent", "\"uniform\" or \"normal\"")
    }
    guard let epsilon = file.metadata["bn_eps"].flatMap({ Double($0) }), Float(epsilon) > 0, epsilon < 1 else {
      throw bad("bn_eps", "a number above 0 and below 1")
    }
    kernel = sides[0]
    self.stride = stride
    self.padding = padding
    outputPadding = output
    self.distribution = distribution
    self.epsilon = epsilon
  }
}
