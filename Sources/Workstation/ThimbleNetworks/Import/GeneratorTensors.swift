import ThimbleStateDicts
import ThimbleStorage

/// The tensors of a generator under our names (`project.weight`, `deconv1.bn.bias`, ...), for `GeneratorReader`.
struct GeneratorTensors: Sendable {
  let path: String
  /// Whether another program wrote the file: what our own files always have may be missing then.
  let isForeign: Bool
  /// Layers with a batch normalisation that has no tensors at all.
  var normalizedWithoutTensors: Set<String> = []
  private(set) var tensors: [String: GeneratorTensor]

  /// Of a checkpoint of our own: the averaged generator is the one to use where there is one.
  init(own file: SafetensorsFile, unprefixed: Bool) {
    (path, isForeign) = (file.path, false)
    let prefix =
      ["average.", "generator."].first { file.tensors["\($0)project.weight"] != nil }
      ?? (unprefixed ? "" : "generator.")
    tensors = [:]
    for (name, tensor) in file.tensors where name.hasPrefix(prefix) {
      tensors[String(name.dropFirst(prefix.count))] = GeneratorTensor(origin: name, shape: tensor.shape) {
        () throws(FileError) in try file.finiteFloats(name, shape: tensor.shape)
      }
    }
    self.prefix = prefix
  }

  private var prefix = ""

  /// Of a file of another program, whose tensors have our names by now.
  init(foreign tensors: [String: GeneratorTensor], path: String, normalizedWithoutTensors: Set<String> = []) {
    (self.path, self.tensors, isForeign) = (path, tensors, true)
    self.normalizedWithoutTensors = normalizedWithoutTensors
  }

  func has(_ name: String) -> Bool { tensors[name] != nil }

  /// The file's name for a tensor of ours, or the one that it would have.
  func origin(_ name: String) -> String {
    if let tensor = tensors[name] { return tensor.origin }
    // Called as its neighbours are.
    if isForeign, let dot = name.lastIndex(of: ".") {
      let neighbour = tensors.filter {
        $0.key.hasPrefix(name[...dot]) && $0.key[$0.key.index(after: dot)...].firstIndex(of: ".") == nil
      }
      .map(\.value.origin).min()
      if let neighbour, let end = neighbour.lastIndex(of: ".") {
        return String(neighbour[...end] + name[name.index(after: dot)...])
      }
    }
    return prefix + name
  }

  /// Whether a layer is followed by batch normalisation.
  func isNormalized(_ layer: String) -> Bool {
    normalizedWithoutTensors.contains(layer) || statisticsShape(layer) != nil || !isForeign && !has("\(layer).bias")
  }

  /// The shape of a layer's gain, bias or statistics, whichever are there.
  func statisticsShape(_ layer: String) -> [Int]? {
    ["weight", "bias", "running_mean", "running_var"].lazy.compactMap { tensors["\(layer).bn.\($0)"]?.shape }.first
  }

  /// The sides of a tensor, as many as are wanted.
  func shape(_ name: String, sides: Int) throws(FileError) -> [Int] {
    let wanted = "\(sides) sides"
    guard let tensor = tensors[name] else { throw missing(name, wanted) }
    guard tensor.shape.count == sides, !tensor.shape.contains(0) else {
      throw FileError(
        .badData, file: path, field: origin(name), found: "\(tensor.shape)", wanted: wanted,
        advice: Self.advice)
    }
    return tensor.shape
  }

  /// The numbers of a tensor of this shape.
  func values(_ name: String, shape: [Int]) throws(FileError) -> [Float] {
    guard let tensor = tensors[name] else { throw missing(name, "\(shape)") }
    guard tensor.shape == shape else {
      throw FileError(
        .badData, file: path, field: origin(name), found: "\(tensor.shape)", wanted: "\(shape)", advice: Self.advice)
    }
    return try tensor.values()
  }

  /// A number for each of `count` outputs, [channel][position], from a tensor that has them, or one for each channel.
  func values(_ name: String, count: Int, positions: Int) throws(FileError) -> [Float] {
    guard isForeign, positions > 1, let tensor = tensors[name], tensor.shape == [count / positions] else {
      return try values(name, shape: [count])
    }
    let channels = try tensor.values()
    return (0..<count).map { channels[$0 / positions] }
  }

  static let advice =
    "The file does not hold a DCGAN generator that can be imported; docs/reference/import.md says what can."

  private func missing(_ name: String, _ wanted: String) -> FileError {
    let names = tensors.values.map(\.origin).sorted().prefix(6).joined(separator: ", ")
    return FileError(
      .badData, file: path, field: origin(name), found: "no such tensor", wanted: wanted,
      advice: names.isEmpty ? Self.advice : "The file holds: \(names). `thimble import --map old=new` renames tensors.")
  }

  /// Refuses tensors that are of no layer.
  func refuseStrangers(_ layers: [LayerSpecification]) throws(FileError) {
    let rest = ["weight", "bias", "bn.weight", "bn.bias", "bn.running_mean", "bn.running_var"]
    var known: Set<String> = []
    for (index, layer) in layers.enumerated() {
      for name in rest where index + 1 < layers.count || !name.hasPrefix("bn.") {
        known.insert("\(layer.name).\(name)")
      }
    }
    let strangers = tensors.filter { !known.contains($0.key) }.map(\.value.origin).sorted()
    if !strangers.isEmpty { throw .strangers(strangers, path) }
  }
}
