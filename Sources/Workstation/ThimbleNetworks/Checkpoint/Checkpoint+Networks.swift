import ThimbleStorage

extension Checkpoint {
  /// Both networks without optimiser: what a shipped generator has beside it, so that it can be studied without being trained first.
  static let networksFormat = "thimble-networks 1"

  /// Writes the networks of a training checkpoint: the generator for use (the average, if the recipe has one), as
  /// `generator.NAME`, with its frozen statistics, and the discriminator. The metadata stay, and gain the checkpoint's own digest.
  /// - Returns: the checkpoint's step.
  @discardableResult
  package static func strip(_ checkpoint: String, to path: String) throws(FileError) -> String {
    let file = try SafetensorsFile(path: checkpoint)
    try file.checkWhole()
    guard [format, unsealedFormat].contains(file.metadata["format"]) else {
      throw FileError(
        .badData, file: checkpoint, field: "format", found: file.metadata["format"].map { "\"\($0)\"" } ?? "nothing",
        wanted: "\"\(format)\"", advice: "Name a checkpoint that `thimble train` wrote.")
    }
    let used = file.tensors.keys.contains { $0.hasPrefix("average.") } ? "average." : "generator."
    var tensors: [NamedTensor] = []
    for (name, tensor) in file.tensors {
      if name.hasPrefix(used) {
        let values = try file.finiteFloats(name, shape: tensor.shape)
        tensors.append(("generator." + name.dropFirst(used.count), tensor.shape, values))
      } else if name.hasPrefix("discriminator.") {
        tensors.append((name, tensor.shape, try file.finiteFloats(name, shape: tensor.shape)))
      }
    }
    var metadata = file.metadata
    metadata["checkpoint_digest"] = metadata["digest"]
    metadata["format"] = networksFormat
    try write(tensors, metadata, to: path)
    return metadata["step"] ?? "0"
  }
}
