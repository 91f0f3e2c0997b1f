import ThimbleStorage
import ThimbleThreads

/// Packs images into a set: `thimble dataset pack`.
///
/// Inputs are taken in the order given, the images of each sorted by the bytes of their paths; the same input gives the
/// same bytes. Images are colour unless `grey` is set or all inputs are IDX files. Labels come from the table of
/// `labels`, else from IDX label files and from folders: an image is labelled by the first folder in which the images of
/// its input differ; with several inputs, images that all lie in one folder by that folder's (or the input's) name. If one
/// image has no label, none has.
package struct DatasetPacker: Sendable {
  /// The largest side of the images of a set.
  package static let largestSize = 1024

  /// Pixels of a side of the packed images.
  package var size: Int
  /// Make colour images grey.
  package var grey = false
  /// A table of labels (comma-separated values): image name or index, label.
  package var labels: String?
  /// The column of `labels` to take, by its name in the first line; nil for a table of two columns.
  package var labelColumn: String?
  /// Leave out images that cannot be decoded, instead of failing.
  package var skipBad = false
  /// What shows through transparent pixels.
  package var background = RGB.white
  /// The terms of the images, kept with the set.
  package var licence: String?
  /// What the set is called; nil for the name of the first input.
  package var name: String?

  private let workers: Workers

  /// Packs to images of `size` x `size` pixels, 1 to `largestSize`.
  /// - Parameter workers: the threads that decode and resample (default: one per processor).
  package init(size: Int, workers: Workers = Workers()) { (self.size, self.workers) = (size, workers) }

  /// Packs `inputs` (IDX files, folders, tar archives, single images) into the file `output`, whole or not at all.
  ///
  /// Throws `usage` for a size out of range, `missing` or `inputOutput` for what cannot be read, `badData` for bad images
  /// (all are tried, then named together) or labels, `cannotWrite` for the output.
  ///
  /// - Parameter progress: Called on this thread with the numbers of images done and of all images.
  package func pack(
    _ inputs: [String], to output: String, progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws(FileError) -> PackingReport {
    try check(inputs, output)
    var opened: [ImageInput] = []
    for path in inputs { opened.append(try ImageInput(path: path, scratchFolder: Path.folder(output))) }
    guard !Path.exists(output) || !opened.contains(where: { $0.reads(output) }) else { throw Self.isInput(output) }
    let isGrey = grey || opened.allSatisfy(\.isIDX)
    let labels = try labels(&opened)
    let entries = opened.flatMap(\.entries)
    let preparation = Preparation(size: size, channels: isGrey ? 1 : 3, background: background)
    let shape = [entries.count, size, size, preparation.channels]
    var writer = try DatasetWriter(
      path: output, largestShape: shape, labelled: labels != nil, metadata: metadata(inputs, labels))
    let (kept, bad) = try fill(&writer, entries, preparation, progress)
    try judge(bad, kept: kept.count, of: entries.count, inputs)
    let digest = try writer.commit(count: kept.count, labels: labels.map { all in kept.map { all.numbers[$0] } })
    return PackingReport(
      shape: [kept.count] + shape[1...], isLabelled: labels != nil, bad: bad,
      ignoredCount: opened.reduce(0) { $0 + $1.ignoredCount },
      unlabelled: unlabelled(opened), digest: digest)
  }

  /// The first image without a label where others have one, or would.
  private func unlabelled(_ inputs: [ImageInput]) -> String? {
    let entries = inputs.flatMap(\.entries)
    let first = entries.contains { $0.label != nil } ? entries.first { $0.label == nil }?.name : nil
    return inputs.compactMap(\.unlabelled).first ?? first
  }

  private func metadata(_ inputs: [String], _ labels: Labels?) -> Dataset.Metadata {
    Dataset.Metadata(
      name: name ?? Path.stem(Path.baseName(inputs[0])), source: inputs.map(Path.baseName).joined(separator: ", "),
      digest: "", labelNames: labels?.names, licence: licence)
  }

  /// Prepares and appends all images; returns the numbers of those in the set, and those that are bad.
  private func fill(
    _ writer: inout DatasetWriter, _ entries: [ImageEntry], _ preparation: Preparation, _ progress: (Int, Int) -> Void
  ) throws(FileError) -> (kept: [Int], bad: [PackingReport.BadImage]) {
    var (kept, bad) = ([Int](), [PackingReport.BadImage]())
    let imageByteCount = preparation.byteCount
    try unsafe preparation.forEachBatch(of: entries, workers: workers) { pixels, range, errors throws(FileError) in
      for (place, index) in range.enumerated() {
        if let error = errors[place] {
          // Only the image itself may be at fault: a disk that cannot be read is no reason to leave it out.
          guard error.kind == .badData else { throw error }
          bad.append(.init(name: entries[index].name, reason: error.found))
        } else {
          let start = place * imageByteCount
          try unsafe writer.append(UnsafeRawBufferPointer(rebasing: pixels[start..<(start + imageByteCount)]))
          kept.append(index)
        }
      }
      progress(range.upperBound, entries.count)
    }
    return (kept, bad)
  }

  private func check(_ inputs: [String], _ output: String) throws(FileError) {
    func usage(_ field: String, _ found: String, _ wanted: String) -> FileError {
      FileError(.usage, file: output, field: field, found: found, wanted: wanted, advice: "Choose another \(field).")
    }
    guard (1...Self.largestSize).contains(size) else { throw usage("size", "\(size)", "1 to \(Self.largestSize)") }
    guard !inputs.isEmpty else { throw usage("input", "none", "an IDX file, a folder or a tar archive") }
    guard !(inputs + (labels.map { [$0] } ?? [])).contains(where: { Path.isSame($0, output) }) else {
      throw Self.isInput(output)
    }
  }

  private static func isInput(_ output: String) -> FileError {
    FileError(
      .usage, file: output, field: "output", found: "one of the inputs", wanted: "another file",
      advice: "Choose another output: it would overwrite the input.")
  }

  private func labels(_ inputs: inout [ImageInput]) throws(FileError) -> Labels? {
    if let path = labels {
      return Labels(try LabelTable(path: path, column: labelColumn).texts(for: inputs.flatMap(\.entries)))
    }
    let several = inputs.count > 1
    for index in inputs.indices { inputs[index].labelByFolder(fallback: several) }
    return Labels(ofAll: inputs.flatMap(\.entries))
  }

  private func judge(
    _ bad: [PackingReport.BadImage], kept: Int, of total: Int, _ inputs: [String]
  ) throws(FileError) {
    guard !bad.isEmpty, !skipBad || kept == 0 else { return }
    throw FileError(
      .badData, file: inputs.joined(separator: ", "), field: "images",
      found: "\(bad.count) bad of \(total): \(PackingReport.list(bad))", wanted: "whole PNG or JPEG images",
      advice: kept == 0
        ? "No image is left to pack: replace the bad ones."
        : "Replace or remove them, or leave them out with --skip-bad.")
  }
}
