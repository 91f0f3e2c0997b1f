import ThimbleStorage

/// What a foreign file does not say itself, and what is to be done with it.
package struct ImportOptions: Sendable {
  /// Metadata that a foreign file may have, or be given.
  package static let keys = ["geometry", "latent", "bn_eps", "output", "normalization"]

  /// What tensors are called instead. `old` is a whole name, or its beginning up to a dot; an empty `new` leaves them out.
  package var renamings: [(old: String, new: String)] = []
  /// These take the place of the file's own: some of `keys`.
  package var metadata: [String: String] = [:]
  /// Whether running statistics may be missing: they are computed then.
  package var computesStatistics = false

  package init() {}

  /// What is empty asks for nothing.
  package var isEmpty: Bool { renamings.isEmpty && metadata.isEmpty }

  /// A tensor's name after the renamings, each of which is tried on what the one before left; empty: left out.
  func renamed(_ name: String, using isUsed: inout [Bool]) -> String {
    var name = name
    for (index, (old, new)) in renamings.enumerated() where !name.isEmpty {
      let start = old.hasSuffix(".") ? old : old + "."
      if name == old {
        name = new
      } else if name.hasPrefix(start) {
        let rest = name.dropFirst(start.count)
        name = new.isEmpty ? "" : (new.hasSuffix(".") ? new : new + ".") + rest
      } else {
        continue
      }
      isUsed[index] = true
    }
    return name
  }
}

/// One tensor of a generator as its numbers in f32, however the file calls and stores it.
package struct GeneratorTensor: Sendable {
  /// The file's name for it.
  package let origin: String
  package let shape: [Int]
  /// Row-major, all finite.
  package let values: @Sendable () throws(FileError) -> [Float]

  package init(
    origin: String, shape: [Int], values: @escaping @Sendable () throws(FileError) -> [Float]
  ) {
    (self.origin, self.shape, self.values) = (origin, shape, values)
  }

  package var count: Int { shape.reduce(1, *) }
}

extension SafetensorsFile {
  /// A tensor of another program: of any floating-point type, refused by its name where a number is not finite in f32.
  func generatorTensor(_ tensor: StoredTensor) -> GeneratorTensor {
    GeneratorTensor(origin: tensor.name, shape: tensor.shape) { () throws(FileError) in
      guard let values = tensor.floatValues() else {
        throw FileError(
          .badData, file: path, field: tensor.name, found: "\(tensor.type.rawValue) \(tensor.shape)",
          wanted: "floating-point numbers: " + StoredTensor.floatTypes.map(\.rawValue).joined(separator: ", "),
          advice: "Save the generator's weights as f32.")
      }
      guard let index = values.firstIndex(where: { !$0.isFinite }) else { return values }
      let number: Double? = tensor.type == .f64 ? (tensor.copied() as [Double])[index] : nil
      throw FileError(
        .badData, file: path, field: tensor.name, found: "\(number ?? Double(values[index])) at number \(index)",
        wanted: "finite numbers that f32 can hold",
        advice: "The training diverged, or the file is damaged: take an earlier state of the generator.")
    }
  }
}
