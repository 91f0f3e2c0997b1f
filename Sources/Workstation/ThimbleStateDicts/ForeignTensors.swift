import ThimbleStorage

/// The tensors of another program's file, without what frameworks put around a generator: wrappers' names, counters, and the weights
/// before averaging.
package struct ForeignTensors {
  package let path: String
  package private(set) var tensors: [String: GeneratorTensor] = [:]
  /// What was left out or changed, a line each.
  package private(set) var notes: [String] = []

  /// Components of names that wrap a whole generator, in lower case without underlines. `_orig_mod` is torch.compile's, `module`
  /// DataParallel's.
  private static let wrappers: Set = [
    "module", "origmod", "model", "net", "network", "statedict", "params", "generator", "netg", "g", "gen", "modelg",
    "gnet",
    "onlinemodel", "generatormodel",
  ]
  /// Those of averaged weights.
  private static let averages: Set = [
    "emamodel", "ema", "average", "averaged", "averagedmodel", "averagemodel", "gema", "netgema", "generatorema",
    "emagenerator",
    "emag", "emanetg", "paramsema", "modelema", "shadow",
  ]
  private static let discriminators: Set = [
    "discriminator", "netd", "d", "disc", "dis", "critic", "modeld", "dnet", "discriminatorema",
  ]
  /// Numbers of training steps, which say nothing about pictures.
  private static let counters: Set = ["num_batches_tracked", "n_averaged", "initted", "step", "decay", "num_updates"]

  package init(_ file: SafetensorsFile, _ options: ImportOptions) throws(FileError) {
    path = file.path
    var isUsed = [Bool](repeating: false, count: options.renamings.count)
    var leftOut: [String] = []
    for stored in file.tensors.values.sorted(by: { $0.name < $1.name }) {
      let name = options.renamed(stored.name, using: &isUsed)
      if name.isEmpty {
        leftOut.append(stored.name)
      } else if let other = tensors[name] {
        throw FileError(
          .usage, file: path, field: "--map", found: "\(other.origin) and \(stored.name) both called \(name)",
          wanted: "one tensor of each name", advice: "Map them to different names.")
      } else {
        tensors[name] = file.generatorTensor(stored)
      }
    }
    if let index = isUsed.firstIndex(of: false) {
      throw FileError(
        .usage, file: path, field: "--map", found: "no tensor called \(options.renamings[index].old)",
        wanted: "a tensor's name, or its beginning up to a dot",
        advice: "The file holds: \(Self.listed(file.tensors.keys.sorted())).")
    }
    if !leftOut.isEmpty { notes.append("left out, as told: \(Self.listed(leftOut))") }
    let types = Dictionary(
      grouping: file.tensors.values.filter { StoredTensor.floatTypes.contains($0.type) }, by: \.type)
    for (type, tensors) in types.sorted(by: { $0.key.rawValue < $1.key.rawValue }) where type != .f32 {
      notes.append(
        "\(type == .f64 ? "rounded" : "widened exactly"): \(tensors.count) tensors from \(type.rawValue) to F32")
    }
    dropCounters()
    try unwrap()
    try takeReparametrizedWeights()
  }

  /// The first names, and how many there are.
  static func listed(_ names: [String]) -> String {
    names.prefix(6).joined(separator: ", ") + (names.count > 6 ? ", ... (\(names.count) in all)" : "")
  }

  private mutating func dropCounters() {
    var dropped: [String] = []
    for (name, tensor) in tensors where tensor.count <= 1 {
      let last = name.split(separator: ".").last.map(String.init) ?? name
      guard Self.counters.contains(last) else { continue }
      tensors[name] = nil
      if last != "num_batches_tracked" { dropped.append(name) }
    }
    if !dropped.isEmpty { notes.append("left out, counters of a training: \(Self.listed(dropped.sorted()))") }
  }

  /// Takes away components that all names begin with, if they are wrappers', and chooses the averaged generator of two.
  private mutating func unwrap() throws(FileError) {
    while true {
      let groups = Dictionary(grouping: tensors.keys) { name in
        name.firstIndex(of: ".").map { String(name[..<$0]) } ?? ""
      }
      func words(_ set: Set<String>) -> [String] {
        groups.keys.filter { set.contains($0.lowercased().replacing("_", with: "")) }.sorted()
      }
      if let discriminator = words(Self.discriminators).first { throw besideDiscriminator(discriminator, groups) }
      let (averages, wrappers) = (words(Self.averages), words(Self.wrappers))
      guard averages.count + wrappers.count == groups.count else { return }
      if groups.count == 2, averages.count == 1, let other = wrappers.first {
        notes.append("left out: \(other) (\(groups[other]!.count) tensors), the weights before averaging")
        for name in groups[other]! { tensors[name] = nil }
      } else if groups.count != 1 {
        return
      }
      let prefix = averages.first ?? wrappers[0]
      tensors = Dictionary(uniqueKeysWithValues: tensors.map { (String($0.key.dropFirst(prefix.count + 1)), $0.value) })
    }
  }

  private func besideDiscriminator(_ word: String, _ groups: [String: [String]]) -> FileError {
    let names = groups[word]!.compactMap { tensors[$0]?.origin }.sorted()
    let beside = groups.count > 1
    // The part of the file's own name that is the discriminator's.
    let start = names[0].range(of: word + ".").map { String(names[0][..<$0.upperBound]) } ?? names[0]
    return FileError(
      .badData, file: path, field: names[0],
      found: "a discriminator\(beside ? " beside the generator" : ""): \(names.count) tensors called \(start)...",
      wanted: "a generator\(beside ? " alone" : "")",
      advice: beside
        ? "Leave it out: `thimble import --map \(start)=`." : "Name the generator's file: often netG or generator.")
  }

  /// Weights that are stored in parts become weights again.
  private mutating func takeReparametrizedWeights() throws(FileError) {
    let (weights, parts) = try ReparametrizedWeight.all(tensors, path)
    for name in parts { tensors[name] = nil }
    for weight in weights { tensors[weight.name] = weight.tensor }
    let kinds = Dictionary(grouping: weights, by: \.kind)
    for kind in kinds.keys.sorted() { notes.append("computed: \(kinds[kind]!.count) weights from their \(kind)") }
  }
}

extension FileError {
  /// Tensors of which no place in a generator is known.
  package static func strangers(_ names: [String], _ path: String) -> FileError {
    let others =
      names.count == 1 ? "" : ", and \(names.count - 1) more: " + names.dropFirst().prefix(5).joined(separator: ", ")
    return FileError(
      .badData, file: path, field: names[0], found: "a tensor that belongs to no layer of the generator\(others)",
      wanted: "the generator's tensors alone",
      advice:
        "If the generator does not need it, leave it out: `thimble import --map \(names[0])=`. Else the network is more than "
        + "a DCGAN's generator, and cannot be imported.")
  }
}
