import Foundation
import Thimble
import ThimbleStorage

/// A training run's checkpoint on disk, checked: both networks and their optimisers can be taken from it.
package struct StoredTraining {
  package let state: TrainingState
  private let file: SafetensorsFile

  /// Opens the checkpoint at `path` and checks its seal and digest, format, arithmetic revision and recipe.
  package init(path: String) throws(FileError) {
    let file = try SafetensorsFile(path: path)
    try file.checkWhole()
    try self.init(whole: file)
  }

  /// Takes a file that is whole, as `checkWhole` says. What is refused here is not damaged: this program, or this run, cannot go
  /// on from it, and neither from an earlier one of its kind.
  package init(whole file: SafetensorsFile) throws(FileError) {
    self.file = file
    let (path, metadata) = (file.path, file.metadata)
    func bad(_ field: String, _ wanted: String, _ advice: String) -> FileError {
      FileError(
        .badData, file: path, field: field, found: metadata[field].map { "\"\($0)\"" } ?? "nothing", wanted: wanted,
        advice: advice)
    }
    guard metadata["format"] == Checkpoint.format || metadata["format"] == Checkpoint.unsealedFormat else {
      throw bad(
        "format", "\"\(Checkpoint.format)\"", "Name a checkpoint that `thimble train` wrote.")
    }
    guard metadata["arithmetic"] == "\(Arithmetic.revision)" else {
      throw bad(
        "arithmetic", "\"\(Arithmetic.revision)\"",
        "The checkpoint was made by a version with another order of sums: use that version, or train again.")
    }
    guard let step = metadata["step"].flatMap({ Int($0) }), (0...1 << 32).contains(step) else {
      throw bad("step", "a whole number up to 2^32", "The file is damaged: use an earlier checkpoint.")
    }
    let words = (metadata["rollbacks"] ?? "").split(separator: " ", omittingEmptySubsequences: false)
    let rollbacks = words.compactMap { Int($0) }
    guard metadata["rollbacks"] == nil || rollbacks.count == words.count && rollbacks.allSatisfy({ $0 >= 0 }) else {
      throw bad("rollbacks", "a list of steps, one per rollback", "The file is damaged: use an earlier checkpoint.")
    }
    state = TrainingState(
      recipe: try Recipe(json: Data((metadata["recipe"] ?? "").utf8), file: path), step: step,
      dataDigest: metadata["data_digest"] ?? "", dataName: metadata["data_name"] ?? "",
      dataLicence: metadata["data_licence"] ?? "", rollbacks: rollbacks)
  }

  /// Puts weights and moments into the networks, which must be built from the same recipe.
  package func load(generator: Network, discriminator: Network) throws(FileError) {
    for (network, prefix) in [(generator, "generator"), (discriminator, "discriminator")] {
      for parameter in network.parameters {
        func load(_ name: String, _ memory: UnsafeMutablePointer<Float>) throws(FileError) {
          unsafe parameter.store(try file.finiteFloats(name, shape: parameter.shape), into: memory)
        }
        try unsafe load("\(prefix).\(parameter.name)", unsafe network.parameterValues)
        try unsafe load("optimizer.\(prefix).\(parameter.name).exp_avg", unsafe network.firstMoments)
        try unsafe load("optimizer.\(prefix).\(parameter.name).exp_avg_sq", unsafe network.secondMoments)
      }
      network.parametersChanged()
    }
    guard let averages = unsafe generator.averageValues else { return }
    for parameter in generator.parameters {
      let values = try file.finiteFloats("average.\(parameter.name)", shape: parameter.shape)
      unsafe parameter.store(values, into: averages)
    }
  }
}

extension SafetensorsFile {
  /// Refuses a file that is not what its writer sealed. A file from another program has no seal and is read without this check.
  package func checkWhole() throws(FileError) {
    let format = metadata["format"] ?? ""
    if format.hasPrefix("thimble-dataset") {
      throw FileError(
        .badData, file: path, field: "format", found: "\"\(format)\", a packed set of images", wanted: "a checkpoint",
        advice: "Name a run's checkpoint.safetensors; `thimble dataset info` shows a packed set.")
    }
    try verifySeal(
      required: [Checkpoint.format, Checkpoint.generatorFormat, Checkpoint.networksFormat].contains(format))
  }
}

extension SafetensorsFile {
  /// The finite numbers of an F32 tensor of this shape.
  func finiteFloats(_ name: String, shape: [Int]) throws(FileError) -> [Float] {
    let tensor = try tensor(name, .f32, shape: shape)
    try Room.check(4 * tensor.elementCount, for: name, file: path)
    let values = tensor.floats()
    if let index = values.firstIndex(where: { !$0.isFinite }) {
      throw FileError(
        .badData, file: path, field: name, found: "\(values[index]) at number \(index)", wanted: "finite numbers",
        advice: "The weights have diverged or the file is damaged: use an earlier checkpoint.")
    }
    return values
  }
}
