import Foundation
import Thimble
import ThimbleStorage

/// A training run's checkpoint on disk, checked: both networks and their optimisers can be taken from it.
package struct StoredTraining {
  package let state: TrainingState
  private let file: SafetensorsFile

  /// Opens and checks the checkpoint at `path`: its format, arithmetic revision, recipe and digest.
  package init(path: String) throws(FileError) {
    file = try SafetensorsFile(path: path)
    let metadata = file.metadata
    func bad(_ field: String, _ wanted: String, _ advice: String) -> FileError {
      FileError(
        .badData, file: path, field: field, found: metadata[field].map { "\"\($0)\"" } ?? "nothing", wanted: wanted,
        advice: advice)
    }
    guard metadata["format"] == Checkpoint.format else {
      throw bad(
        "format", "\"\(Checkpoint.format)\"", "Training resumes from checkpoints that `thimble train` wrote.")
    }
    guard metadata["arithmetic"] == "\(Arithmetic.revision)" else {
      throw bad(
        "arithmetic", "\"\(Arithmetic.revision)\"",
        "It was made by a version with other arithmetic: train again, or use that version.")
    }
    guard let step = metadata["step"].flatMap({ Int($0) }), (0...1 << 32).contains(step) else {
      throw bad("step", "a whole number up to 2^32", "The file is damaged; take an earlier checkpoint.")
    }
    state = TrainingState(
      recipe: try Recipe(json: Data((metadata["recipe"] ?? "").utf8), file: path), step: step,
      dataDigest: metadata["data_digest"] ?? "", dataName: metadata["data_name"] ?? "",
      dataLicence: metadata["data_licence"] ?? "")
    try file.checkDigest()
  }

  /// Puts weights and moments into the networks, which must be built from the same recipe.
  package func load(generator: Network, discriminator: Network) throws(FileError) {
    for (network, prefix) in [(generator, "generator"), (discriminator, "discriminator")] {
      for parameter in network.parameters {
        func load(_ name: String, _ memory: UnsafeMutablePointer<Float>) throws(FileError) {
          parameter.store(try file.finiteFloats(name, shape: parameter.shape), into: memory)
        }
        try load("\(prefix).\(parameter.name)", network.parameterValues)
        try load("optimizer.\(prefix).\(parameter.name).exp_avg", network.firstMoments)
        try load("optimizer.\(prefix).\(parameter.name).exp_avg_sq", network.secondMoments)
      }
      network.parametersChanged()
    }
  }
}

extension SafetensorsFile {
  /// Compares the digest in the metadata, where there is one, with that of the tensors' bytes in the order of their names.
  func checkDigest() throws(FileError) {
    guard let wanted = metadata["digest"] else { return }
    if let format = metadata["format"], format.hasPrefix("thimble-dataset") {
      throw FileError(
        .badData, file: path, field: "format", found: "\"\(format)\", a packed set of images", wanted: "a checkpoint",
        advice: "Train on this set and name the run's checkpoint.safetensors; `thimble dataset info` looks at sets.")
    }
    var digest = SHA256()
    for name in tensors.keys.sorted() {
      let bytes = tensors[name]!.bytes
      digest.update(bytes.bytes)
    }
    let found = Digest.hexadecimal(digest.finalize())
    guard found == wanted else {
      throw FileError(
        .badData, file: path, field: "digest", found: found, wanted: wanted,
        advice: "The file is damaged; take an earlier checkpoint.")
    }
  }
}

extension SafetensorsFile {
  /// The finite numbers of an F32 tensor of this shape.
  func finiteFloats(_ name: String, shape: [Int]) throws(FileError) -> [Float] {
    let values = try tensor(name, .f32, shape: shape).floats()
    if let index = values.firstIndex(where: { !$0.isFinite }) {
      throw FileError(
        .badData, file: path, field: name, found: "\(values[index]) at number \(index)", wanted: "finite numbers",
        advice: "The weights have diverged or the file is damaged; take an earlier checkpoint.")
    }
    return values
  }
}
