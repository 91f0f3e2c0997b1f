import ThimbleStateDicts
import ThimbleStorage

/// A foreign generator under our names. A file that has them keeps them; else the layers are found by the shapes of the tensors, and
/// the names give their order: the first layer, whether linear or a convolution of the latent, is `project`, the others are `deconv1`,
/// `deconv2`, ...
struct ForeignLayers {
  private(set) var generator: GeneratorTensors
  /// Whether the file has our names already, and with them must say how its convolutions work.
  let hasOurNames: Bool
  /// The file's modules, layer by layer.
  private(set) var note: String?

  init(_ foreign: ForeignTensors, _ options: ImportOptions, metadata: [String: String]) throws(FileError) {
    let modules = ForeignModule.all(foreign.tensors)
    let kind = ForeignKind(foreign, modules)
    if foreign.tensors.isEmpty { throw kind.unknown }
    try kind.refuseOtherFrameworks()
    hasOurNames = foreign.tensors["project.weight"] != nil
    if hasOurNames {
      var tensors = foreign.tensors
      tensors["project.weight"] = tensors["project.weight"].map(Self.projection)
      generator = GeneratorTensors(foreign: tensors, path: foreign.path)
      generator.normalizedWithoutTensors = try Self.withoutTensors(generator, metadata, options)
      return
    }
    let layers = modules.filter { $0.kind == .convolution || $0.kind == .linear }
    // A linear layer reads the latent, whatever its name.
    let weighted = layers.filter { $0.kind == .linear } + layers.filter { $0.kind == .convolution }
    guard weighted.count >= 2, Self.follow(weighted) else {
      throw layers.isEmpty ? kind.unknown : kind.refusalOfOrder(layers)
    }
    let strangers = modules.flatMap { ($0.kind == .other ? $0.origins : []) + $0.strangers }
    if !strangers.isEmpty { throw .strangers(strangers, foreign.path) }
    let found = try Normalizations(
      of: weighted, among: modules.filter { $0.kind == .normalization }, foreign.path,
      allowed: metadata["normalization"] == "none", computed: options.computesStatistics)
    var tensors: [String: GeneratorTensor] = [:]
    for (index, layer) in weighted.enumerated() {
      let name = index == 0 ? "project" : "deconv\(index)"
      tensors["\(name).weight"] = index == 0 ? Self.projection(layer.tensors["weight"]!) : layer.tensors["weight"]
      tensors["\(name).bias"] = layer.tensors["bias"]
      for (rest, tensor) in found.modules[index]?.tensors ?? [:] { tensors["\(name).bn.\(rest)"] = tensor }
    }
    let invisible = found.withoutTensors.map { $0 == 0 ? "project" : "deconv\($0)" }
    generator = GeneratorTensors(foreign: tensors, path: foreign.path, normalizedWithoutTensors: Set(invisible))
    note =
      "layers: "
      + weighted.indices.map { index in
        ([weighted[index].name] + (found.modules[index].map { [$0.name] } ?? [])).joined(separator: " + ")
      }.joined(separator: ", ")
  }

  /// Of layers with our names: one that has neither normalisation nor bias has a normalisation without tensors, if that is said.
  private static func withoutTensors(
    _ generator: GeneratorTensors, _ metadata: [String: String], _ options: ImportOptions
  ) throws(FileError) -> Set<String> {
    var found: Set<String> = []
    var (name, index) = ("project", 1)
    while generator.has("deconv\(index).weight") {
      if generator.statisticsShape(name) == nil, !generator.has("\(name).bias"), metadata["normalization"] != "none" {
        guard options.computesStatistics else {
          throw Normalizations.missing(generator.origin("\(name).weight"), generator.path, some: false)
        }
        found.insert(name)
      }
      (name, index) = ("deconv\(index)", index + 1)
    }
    return found
  }

  /// Whether each layer reads as many channels as the one before gives.
  private static func follow(_ layers: [ForeignModule]) -> Bool {
    guard layers.dropFirst().allSatisfy({ $0.kind == .convolution }), !layers.contains(where: { $0.shape.contains(0) })
    else {
      return false
    }
    var channels: Int?
    for layer in layers {
      let shape = layer.shape
      if layer.kind == .linear {
        // Of a map, whose side is not known yet.
        guard let next = layers.dropFirst().first?.shape[0], shape[0] % next == 0 else { return false }
        channels = next
      } else {
        guard channels == nil || shape[0] == channels else { return false }
        channels = shape[1]
      }
    }
    return true
  }

  /// A convolution of a latent, [latent][outputs], as a dense layer, [outputs][latent].
  private static func projection(_ weight: GeneratorTensor) -> GeneratorTensor {
    guard weight.shape.count == 4, !weight.shape.contains(0) else { return weight }
    let (latent, outputs) = (weight.shape[0], weight.count / weight.shape[0])
    return GeneratorTensor(origin: weight.origin, shape: [outputs, latent]) { () throws(FileError) in
      let values = try weight.values()
      return (0..<values.count).map { values[$0 % latent * outputs + $0 / latent] }
    }
  }
}

/// Which batch normalisation follows which layer.
struct Normalizations {
  /// By the number of the layer.
  private(set) var modules: [Int: ForeignModule] = [:]
  /// Layers whose normalisation has no tensors: neither gain nor running statistics.
  private(set) var withoutTensors: [Int] = []

  /// Each layer but the last takes the next normalisation of its size. `allowed`: layers may have none. `computed`: those that show
  /// none have one without tensors.
  init(
    of layers: [ForeignModule], among all: [ForeignModule], _ path: String, allowed: Bool, computed: Bool
  ) throws(FileError) {
    var rest = all[...]
    var strangers: [ForeignModule] = []
    for (index, layer) in layers.enumerated().dropLast() {
      let sizes = layer.kind == .linear ? [layer.shape[0], layers[index + 1].shape[0]] : [layer.shape[1]]
      let skipped = rest.prefix { $0.shape.count != 1 || !sizes.contains($0.shape[0]) }
      guard let found = rest.dropFirst(skipped.count).first else { continue }
      strangers += skipped
      modules[index] = found
      rest = rest.dropFirst(skipped.count + 1)
    }
    strangers += rest
    if !strangers.isEmpty { throw .strangers(strangers.flatMap(\.origins), path) }
    for (index, layer) in layers.enumerated().dropLast() {
      let gap = try Self.gap(layer, modules[index], layers[index + 1], isFirst: index == 0, path)
      guard modules[index] == nil else { continue }
      // Two places on, there is room for a ReLU alone, or for the shape of a linear layer's map.
      if gap == 2 && layer.kind == .convolution || allowed { continue }
      guard computed && modules.isEmpty else { throw Self.missing(layer.origins.last!, path, some: !modules.isEmpty) }
      withoutTensors.append(index)
    }
  }

  /// How many places of a sequence the next layer is after this one; nil if they are not in one. Refuses places that a convolution,
  /// its normalisation and a ReLU leave over: something stands there that shows no tensors.
  private static func gap(
    _ layer: ForeignModule, _ normalization: ForeignModule?, _ next: ForeignModule, isFirst: Bool, _ path: String
  ) throws(FileError) -> Int? {
    guard let (sequence, index) = layer.place, let (other, end) = next.place, sequence == other else { return nil }
    let gap = end - index
    // A linear layer's map has to get its shape.
    let most = 3 + (isFirst && layer.kind == .linear ? 1 : 0)
    if let place = normalization?.place, place.sequence == sequence, !(1...most - 2).contains(place.index - index) {
      throw FileError.strangers(normalization!.origins, path)
    }
    guard (2...most).contains(gap) else {
      throw FileError(
        .badData, file: path, field: next.origins.last!,
        found: "\(gap - 1) places of a sequence between it and \(layer.origins.last!)",
        wanted: "batch normalisation and ReLU alone",
        advice:
          "Something without weights stands there, such as upsampling. If it does nothing when pictures are made, as dropout, "
          + "give the layers names of ours: `thimble import --map \(layer.name)=project`, and so on.")
    }
    return gap
  }

  fileprivate static func missing(_ origin: String, _ path: String, some: Bool) -> FileError {
    FileError(
      .badData, file: path, field: origin, found: "no batch normalisation after it",
      wanted: "batch normalisation after each layer but the last",
      advice: some
        ? "If the network has none there, say so: `thimble import --metadata normalization=none`."
        : "If it is there without gain and statistics (affine=False, track_running_stats=False), `thimble import --refreeze` computes "
          + "statistics; if the network has none, say `--metadata normalization=none`.")
  }
}
