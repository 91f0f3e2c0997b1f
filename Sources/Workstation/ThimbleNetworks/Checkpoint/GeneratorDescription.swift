import Thimble
import ThimbleStorage

/// What the tensors of a generator do not say themselves: the metadata that a checkpoint carries for it.
struct GeneratorDescription: Equatable {
  /// How a convolution works, beside its channels.
  struct Convolution: Equatable {
    var kernel: Int
    var stride: Int
    var padding: Int
    var outputPadding: Int

    var text: String { "\(kernel)x\(kernel) stride \(stride) padding \(padding) output_padding \(outputPadding)" }

    init(kernel: Int, stride: Int, padding: Int, outputPadding: Int) {
      (self.kernel, self.stride, self.padding, self.outputPadding) = (kernel, stride, padding, outputPadding)
    }

    /// Reads the text. Padding may be more than the kernel's side: the map is cut then.
    init?(_ text: some StringProtocol) {
      let words = text.split(separator: " ")
      let sides = (words.first ?? "").split(separator: "x").compactMap { Int($0) }
      guard words.count == 7, words[1] == "stride", words[3] == "padding", words[5] == "output_padding",
        sides.count == 2, sides[0] == sides[1], let stride = Int(words[2]), let padding = Int(words[4]),
        let output = Int(words[6]), (1...16).contains(sides[0]), (1...4).contains(stride), (0...16).contains(padding),
        (0..<stride).contains(output)
      else { return nil }
      self.init(kernel: sides[0], stride: stride, padding: padding, outputPadding: output)
    }

    /// The same convolution with a padding below its kernel's side: rows and columns of zeros are put around the kernel, and as many
    /// more are cut away.
    var withRoom: Convolution {
      var wider = self
      let more = max(0, padding - kernel + 1)
      (wider.kernel, wider.padding) = (kernel + 2 * more, padding + more)
      return wider
    }
  }

  /// Of all convolutions, or one for each.
  var convolutions: [Convolution]
  var distribution: LatentDistribution
  var epsilon: Double
  /// Whether pixels come from a sigmoid instead of a tanh: only in files of other programs.
  var hasSigmoid = false

  init(recipe: Recipe) {
    convolutions = [
      Convolution(
        kernel: recipe.kernel, stride: 2, padding: recipe.padding, outputPadding: recipe.geometry == .authors ? 1 : 0)
    ]
    distribution = recipe.latentDistribution
    epsilon = recipe.batchNormEpsilon
  }

  /// Of a generator with these convolutions.
  init(_ geometries: [ConvolutionGeometry], distribution: LatentDistribution, epsilon: Double) {
    let all = geometries.map {
      Convolution(kernel: $0.kernel, stride: $0.stride, padding: $0.padding, outputPadding: $0.outputPadding)
    }
    convolutions = all.allSatisfy { $0 == all[0] } ? [all[0]] : all
    (self.distribution, self.epsilon) = (distribution, epsilon)
  }

  /// PyTorch's DCGAN example, whose state dicts carry no metadata.
  static let torchExample = GeneratorDescription(recipe: Recipe(geometry: .common))

  var metadata: [String: String] {
    [
      "geometry": convolutions.map(\.text).joined(separator: "; "), "latent": distribution.name, "bn_eps": "\(epsilon)",
    ]
  }

  /// Of a convolution, from 1.
  func convolution(_ index: Int) -> Convolution { convolutions.count == 1 ? convolutions[0] : convolutions[index - 1] }

  /// Reads the metadata `geometry`, `latent` and `bn_eps`, and `output` of a foreign file.
  /// - Parameters:
  ///   - missing: what stands for those that are not there; nil: they must be.
  ///   - count: how many convolutions there are, if that is known.
  init(
    _ metadata: [String: String], _ path: String, missing: GeneratorDescription? = nil, count: Int? = nil
  ) throws(FileError) {
    func bad(_ field: String, _ wanted: String) -> FileError {
      FileError(
        .badData, file: path, field: field, found: metadata[field].map { "\"\($0)\"" } ?? "nothing", wanted: wanted,
        advice: "Say it by `thimble import --metadata '\(field)=...'`, or in the file's metadata (`__metadata__`): see "
          + "docs/reference/import.md.")
    }
    let texts = (metadata["geometry"] ?? "").split(separator: ";")
    let read = texts.compactMap { Convolution($0) }
    if let missing, metadata["geometry"] == nil {
      convolutions = missing.convolutions
    } else if !read.isEmpty, read.count == texts.count, read.count == 1 || count == nil || read.count == count {
      convolutions = read
    } else {
      let several = count.map { $0 == 1 ? "" : ", once or for each of \($0) convolutions with ; between" } ?? ""
      throw bad("geometry", "text such as \"5x5 stride 2 padding 2 output_padding 1\"\(several)")
    }
    let known: [LatentDistribution] = [.uniform, .normal]
    guard
      let distribution = metadata["latent"].map({ text in known.first { $0.name == text } }) ?? missing?.distribution
    else { throw bad("latent", "\"uniform\" or \"normal\"") }
    guard let epsilon = metadata["bn_eps"].map({ Double($0) }) ?? missing?.epsilon, Float(epsilon) > 0, epsilon < 1
    else {
      throw bad("bn_eps", "a number above 0 and below 1")
    }
    (self.distribution, self.epsilon) = (distribution, epsilon)
  }

  /// Reads the metadata that only foreign files have.
  mutating func readOutput(_ metadata: [String: String], _ path: String) throws(FileError) {
    for (field, words) in [("output", ["tanh", "sigmoid"]), ("normalization", ["batch", "none"])] {
      guard let text = metadata[field], !words.contains(text) else { continue }
      throw FileError(
        .badData, file: path, field: field, found: "\"\(text)\"", wanted: words.joined(separator: " or "),
        advice: "Other generators cannot be imported: see docs/reference/import.md.")
    }
    hasSigmoid = metadata["output"] == "sigmoid"
  }
}
