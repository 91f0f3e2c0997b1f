import ThimbleStorage

/// One module of PyTorch's: the tensors that have its name before their last dot.
package struct ForeignModule {
  package enum Kind { case convolution, linear, normalization, other }

  package let name: String
  /// Those that a layer or a normalisation has, by the last part of their names.
  package let tensors: [String: GeneratorTensor]
  /// The file's names of all others.
  package let strangers: [String]

  private init(_ name: String, _ tensors: [String: GeneratorTensor]) {
    let known: Set = ["weight", "bias", "running_mean", "running_var"]
    self.name = name
    self.tensors = tensors.filter { known.contains($0.key) }
    strangers = tensors.filter { !known.contains($0.key) }.map(\.value.origin).sorted()
  }

  package var kind: Kind {
    let isNormalization = tensors["running_mean"] != nil || tensors["running_var"] != nil
    switch tensors["weight"]?.shape.count {
    case 4: return isNormalization ? .other : .convolution
    case 2: return isNormalization ? .other : .linear
    case 1: return .normalization
    case nil: return isNormalization ? .normalization : .other
    default: return .other
    }
  }

  /// Of the weight, or of whichever vector there is.
  package var shape: [Int] { (tensors["weight"] ?? tensors.values.first)?.shape ?? [] }
  package var origins: [String] { tensors.values.map(\.origin).sorted() }

  /// Where the module stands in a sequence: the last part of its name, if that is a number, and what is before it.
  package var place: (sequence: Substring, index: Int)? {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    guard let index = parts.last.flatMap({ Int($0) }), (0...1 << 20).contains(index) else { return nil }
    return (name.dropLast(parts.last!.count), index)
  }

  /// Modules in the order of their names, in which numbers count as such: `net.2` before `net.10`.
  package static func all(_ tensors: [String: GeneratorTensor]) -> [ForeignModule] {
    var groups: [String: [String: GeneratorTensor]] = [:]
    for (name, tensor) in tensors {
      let dot = name.lastIndex(of: ".")
      let module = dot.map { String(name[..<$0]) } ?? ""
      groups[module, default: [:]][dot.map { String(name[name.index(after: $0)...]) } ?? name] = tensor
    }
    return groups.map { ForeignModule($0.key, $0.value) }.map { ($0, pieces($0.name)) }.sorted {
      $0.1.lexicographicallyPrecedes($1.1)
    }.map(\.0)
  }

  private enum Piece: Comparable {
    case number(Int)
    case text(String)
  }

  /// A name as numbers and what is between them.
  private static func pieces(_ name: String) -> [Piece] {
    var pieces: [Piece] = []
    var rest = name[...]
    while let first = rest.first {
      let isDigit = first.isASCII && first.isNumber
      let piece = rest.prefix { ($0.isASCII && $0.isNumber) == isDigit }
      pieces.append(isDigit ? .number(Int(piece) ?? Int.max) : .text(String(piece)))
      rest = rest.dropFirst(piece.count)
    }
    return pieces
  }
}

/// What a file holds that is no generator that can be imported, told by names and shapes.
package struct ForeignKind {
  package let path: String
  package let modules: [ForeignModule]
  /// The file's own names.
  package let origins: [String]

  package init(_ foreign: ForeignTensors, _ modules: [ForeignModule]) {
    (path, self.modules, origins) = (foreign.path, modules, foreign.tensors.values.map(\.origin).sorted())
  }

  private func refusal(_ field: String, _ found: String, _ wanted: String, _ advice: String) -> FileError {
    FileError(.badData, file: path, field: field, found: found, wanted: wanted, advice: advice)
  }

  /// Refuses what other frameworks write, and generators that are asked for a class.
  package func refuseOtherFrameworks() throws(FileError) {
    let words: Set = ["kernel", "gamma", "beta", "moving_mean", "moving_variance"]
    let keras = origins.first { name in
      let last = name.split { $0 == "/" || $0 == "." }.last ?? ""
      return words.contains(String(last.prefix { $0 != ":" }))
    }
    let kernels = modules.filter { $0.kind == .convolution }
    let isTurned = !kernels.isEmpty && kernels.allSatisfy { $0.shape[0] == $0.shape[1] && $0.shape[2] != $0.shape[3] }
    if let name = keras ?? (isTurned ? kernels[0].origins[0] : nil) {
      throw refusal(
        name, "a tensor as Keras, TensorFlow or Flax name or order it", "PyTorch's names and order",
        "docs/reference/import.md says how such a generator is written under our names.")
    }
    let labelled = modules.first { module in
      module.name.lowercased().split { $0 == "." || $0 == "_" }.contains {
        $0.hasPrefix("emb") || $0.hasPrefix("label")
      }
    }
    if let labelled {
      throw refusal(
        (labelled.origins + labelled.strangers)[0], "labels: a generator that is asked for a class",
        "a generator of a latent alone",
        "Train one with classes by `thimble train`: a recipe has the field `classes`.")
    }
  }

  /// What weighted layers are that do not follow each other as those of a generator do.
  package func refusalOfOrder(_ layers: [ForeignModule]) -> FileError {
    let convolutions = layers.filter { $0.kind == .convolution }
    let follow = zip(convolutions, convolutions.dropFirst()).allSatisfy { $0.shape[0] == $1.shape[1] }
    if follow, let first = convolutions.first, let last = convolutions.last, first.name != last.name {
      if (1...4).contains(first.shape[1]) && first.shape[0] > first.shape[1] && last.shape[0] != first.shape[1] {
        return refusal(
          first.origins.last!, "a discriminator: its first layer reads images of \(first.shape[1]) channels",
          "a generator",
          "Name the generator's file: often netG or generator.")
      }
      return refusal(
        first.origins.last!, "ordinary convolutions (Conv2d), as after upsampling or of a residual network",
        "transposed convolutions (ConvTranspose2d) alone",
        "Generators that repeat pixels and convolve cannot be imported, nor those with LeakyReLU, as theirs mostly have."
      )
    }
    return unknown
  }

  /// The file's names, beside those that are known.
  package var unknown: FileError {
    refusal(
      "names of tensors", origins.isEmpty ? "none" : ForeignTensors.listed(origins),
      "project.weight, deconv1.weight, ..., or a chain of ConvTranspose2d such as main.0.weight, main.3.weight, ...",
      "If it is a DCGAN's generator, `thimble import --map old=new` calls its layers project, project.bn, deconv1, deconv1.bn, ...; "
        + "docs/reference/import.md has both layouts.")
  }
}
