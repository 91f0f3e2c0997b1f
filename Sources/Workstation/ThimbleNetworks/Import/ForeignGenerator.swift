import Thimble
import ThimbleStateDicts
import ThimbleStorage

/// A generator of another program, read: what `StoredGenerator` is made of.
struct ForeignGenerator {
  let reader: GeneratorReader
  let layers: [LayerSpecification]
  let parameters: [Float]
  let statistics: FrozenStatistics?
  let metadata: [String: String]
  /// What was left out, computed or taken for granted, a line each.
  private(set) var notes: [String]

  init(_ file: SafetensorsFile, _ options: ImportOptions) throws(FileError) {
    let foreign = try ForeignTensors(file, options)
    var metadata = file.metadata.merging(options.metadata) { $1 }
    let found = try ForeignLayers(foreign, options, metadata: metadata)
    notes = foreign.notes + (found.note.map { [$0] } ?? [])
    let description = try Self.description(found, metadata, isMapped: !options.renamings.isEmpty, file.path, &notes)
    reader = GeneratorReader(tensors: found.generator, description: description)
    layers = try reader.layers()
    try found.generator.refuseStrangers(layers)
    let (layout, count) = Parameter.layout(layers)
    parameters = try reader.parameters(layout, count: count)
    statistics = try reader.statistics(layout)
    try Self.checkStatistics(found.generator, layers, isThere: statistics != nil, options)
    let plain = layers.dropLast().filter { $0.statistics == nil }.map(\.name)
    if !plain.isEmpty { notes.append("without batch normalisation: \(plain.joined(separator: ", "))") }
    // The checkpoint that is written has tanh.
    for key in ["output", "normalization"] { metadata[key] = nil }
    self.metadata = metadata
  }

  /// What the metadata say, and for a file without our names, or with names that were mapped to ours, what is usual.
  private static func description(
    _ found: ForeignLayers, _ metadata: [String: String], isMapped: Bool, _ path: String, _ notes: inout [String]
  ) throws(FileError) -> GeneratorDescription {
    var (count, kernels): (Int, Set<[Int]>) = (0, [])
    while let tensor = found.generator.tensors["deconv\(count + 1).weight"] {
      count += 1
      kernels.insert(Array(tensor.shape.dropFirst(2)))
    }
    let usual = found.hasOurNames && !isMapped ? nil : GeneratorDescription.torchExample
    if usual != nil, metadata["geometry"] == nil, kernels != [[4, 4]] {
      let sides = kernels.map { $0.map(String.init).joined(separator: "x") }.sorted().joined(separator: ", ")
      throw FileError(
        .badData, file: path, field: "geometry", found: "nothing, and kernels of \(sides)",
        wanted: "strides and paddings, which shapes do not tell",
        advice: "Say it for each of the \(count) convolutions after the first layer: `thimble import --metadata "
          + "'geometry=4x4 stride 2 padding 1 output_padding 0; ...'`.")
    }
    var description = try GeneratorDescription(metadata, path, missing: usual, count: max(1, count))
    try description.readOutput(metadata, path)
    let guessed = ["geometry", "latent", "bn_eps"].filter { metadata[$0] == nil }
    var granted = guessed.map { "\($0) \(description.metadata[$0]!)" }
    granted.append("ReLU between layers")
    if metadata["output"] == nil { granted.append("tanh at the end") }
    notes.append("taken for granted, since the file does not say it: \(granted.joined(separator: "; "))")
    return description
  }

  /// Running statistics that are missing are computed only where that is asked for, and can be.
  private static func checkStatistics(
    _ generator: GeneratorTensors, _ layers: [LayerSpecification], isThere: Bool, _ options: ImportOptions
  ) throws(FileError) {
    guard let first = layers.first(where: { $0.statistics != nil }) else { return }
    if !isThere && !options.computesStatistics {
      throw FileError(
        .badData, file: generator.path, field: generator.origin("\(first.name).bn.running_mean"),
        found: "no running statistics",
        wanted: "those of every batch normalisation",
        advice:
          "`thimble import --refreeze` computes them, from \(FrozenStatistics.batches * FrozenStatistics.batchSize) latents."
      )
    }
    let bias = generator.tensors["project.bias"]
    guard options.computesStatistics, layers[0].statistics == .output, let bias,
      generator.statisticsShape("project") != bias.shape
    else { return }
    throw FileError(
      .badData, file: generator.path, field: bias.origin,
      found: "a bias of each output before statistics of each channel",
      wanted: "running statistics", advice: "Such a generator cannot be refrozen: import it without --refreeze.")
  }
}
