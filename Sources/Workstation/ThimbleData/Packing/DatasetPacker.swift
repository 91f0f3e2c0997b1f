import ThimbleStorage
import ThimbleThreads

/// Packs pictures into a set: `thimble dataset pack`.
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
  /// The column of `labels` with the labels, by its heading or its number from 1; nil where there is only one that could be meant.
  package var labelColumn: String?
  /// The same for the column that names the pictures.
  package var imageColumn: String?
  /// Leave out images that cannot be decoded, instead of failing.
  package var skipBad = false
  /// What shows through transparent pixels.
  package var background = RGB.white
  /// The terms of the images, kept with the set.
  package var licence: String?
  /// What the set is called; nil for the name of the first input.
  package var name: String?
  /// A text file to write with what was packed and everything that was left out.
  package var report: String?

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
    let (labels, notes) = try labels(&opened)
    let entries = opened.flatMap(\.entries)
    let preparation = Preparation(size: size, channels: isGrey ? 1 : 3, background: background)
    let shape = [entries.count, size, size, preparation.channels]
    var writer = try DatasetWriter(
      path: output, largestShape: shape, labelled: labels != nil, metadata: metadata(inputs, labels))
    let filled = try fill(&writer, entries, preparation, progress)
    let leftOut = opened.flatMap(\.leftOut) + filled.bad
    do {
      try judge(leftOut.filter { $0.reason == .bad }, kept: filled.kept.count, inputs)
    } catch {
      // The list of what is wrong is never needed more than now.
      try write(report: "nothing was packed\n\(error)\n", leftOut)
      throw error
    }
    let kept = filled.kept
    let digest = try writer.commit(count: kept.count, labels: labels.map { all in kept.map { all.numbers[$0] } })
    let packed = PackingReport(
      shape: [kept.count] + shape[1...], isLabelled: labels != nil, groups: groups(kept, entries, labels),
      leftOut: leftOut,
      notes: notes + unlabelledNotes(opened, labels) + opened.flatMap(\.notes) + filled.notes
        + Self.partNotes(labels) + Self.labelFileNotes(leftOut), digest: digest)
    try write(report: "\(packed)\n", leftOut)
    return packed
  }

  private func write(report text: String, _ leftOut: [LeftOut]) throws(FileError) {
    guard let report else { return }
    let list =
      leftOut.isEmpty ? "" : "\nall that was left out: the reason, a tab, the name\n\n\(PackingReport.list(leftOut))"
    try AtomicFile.write(text + list, to: report)
  }

  /// Why the set has no labels, where one would expect some.
  private func unlabelledNotes(_ inputs: [ImageInput], _ labels: Labels?) -> [String] {
    guard labels == nil else { return [] }
    let entries = inputs.flatMap(\.entries)
    let first = entries.contains { $0.label != nil } ? entries.first { $0.label == nil }?.name : nil
    let beside = inputs.compactMap(\.unlabelled).first ?? first
    return (beside.map { ["without labels, because \($0) has none"] } ?? [])
      + inputs.compactMap { input in input.labelNote.map { "no labels for \(Path.baseName(input.path)): \($0)" } }
  }

  /// Folders for training and testing are no classes.
  private static func partNotes(_ labels: Labels?) -> [String] {
    let parts: Set = ["train", "training", "val", "valid", "validation", "test", "testing", "dev"]
    guard let names = labels?.names, names.allSatisfy({ parts.contains($0.lowercased()) }) else { return [] }
    return [
      "the classes are called \(names.joined(separator: ", ")): if these are parts of one set, name one of them, or give each as an input"
    ]
  }

  private static func labelFileNotes(_ leftOut: [LeftOut]) -> [String] {
    guard leftOut.contains(where: { Path.ending($0.name) == "cls" }) else { return [] }
    return ["files that end in .cls hold labels in WebDataset; they are not read: make a table for --labels"]
  }

  /// The pictures of the set by class, or by folder where there are several.
  private func groups(_ kept: [Int], _ entries: [ImageEntry], _ labels: Labels?) -> [PackingReport.Group] {
    if let labels {
      var counts: [Int32: Int] = [:]
      for index in labels.names?.indices ?? 0..<0 { counts[Int32(index)] = 0 }
      for index in kept { counts[labels.numbers[index], default: 0] += 1 }
      return counts.sorted { $0.key < $1.key }.map { label, count in
        .init(name: labels.names.map { $0[Int(label)] } ?? "\(label)", count: count)
      }
    }
    let folders = kept.map { Path.folder(entries[$0].name) }
    let counts = Dictionary(folders.map { ($0, 1) }, uniquingKeysWith: +)
    guard counts.count > 1 else { return [] }
    return counts.sorted { Path.precedes($0.key, $1.key) }.map {
      .init(name: $0.key == "." ? "(beside the folders)" : $0.key, count: $0.value)
    }
  }

  private func metadata(_ inputs: [String], _ labels: Labels?) -> Dataset.Metadata {
    Dataset.Metadata(
      name: name ?? Path.stem(Path.baseName(inputs[0])), source: inputs.map(Path.baseName).joined(separator: ", "),
      digest: "", labelNames: labels?.names, licence: licence)
  }

  /// Prepares and appends all pictures.
  private func fill(
    _ writer: inout DatasetWriter, _ entries: [ImageEntry], _ preparation: Preparation, _ progress: (Int, Int) -> Void
  ) throws(FileError) -> FilledSet {
    var filled = FilledSet()
    let imageByteCount = preparation.byteCount
    try unsafe preparation.forEachBatch(of: entries, workers: workers) { pixels, range, outcomes throws(FileError) in
      for (place, index) in range.enumerated() {
        let outcome = outcomes[place]
        if let error = outcome.error {
          // Only the image itself may be at fault: a disk that cannot be read is no reason to leave it out.
          guard error.kind == .badData else { throw error }
          filled.bad.append(LeftOut(entries[index].name, .bad, detail: error.found))
        } else {
          let start = place * imageByteCount
          let image = unsafe UnsafeRawBufferPointer(rebasing: pixels[start..<(start + imageByteCount)])
          try unsafe writer.append(image)
          unsafe filled.look(at: image, channels: preparation.channels)
          filled.kept.append(index)
          filled.cropped += outcome.isCropped ? 1 : 0
          filled.enlarged += outcome.isEnlarged ? 1 : 0
          filled.firstFrames += outcome.isFirstFrame ? 1 : 0
        }
      }
      progress(range.upperBound, entries.count)
    }
    return filled
  }

  private func check(_ inputs: [String], _ output: String) throws(FileError) {
    func usage(_ field: String, _ found: String, _ wanted: String) -> FileError {
      FileError(.usage, file: output, field: field, found: found, wanted: wanted, advice: "Choose another \(field).")
    }
    guard (1...Self.largestSize).contains(size) else { throw usage("size", "\(size)", "1 to \(Self.largestSize)") }
    guard !inputs.isEmpty else { throw usage("input", "none", "a folder, an archive or an IDX file") }
    for (index, input) in inputs.enumerated() where inputs[..<index].contains(where: { Path.isSame($0, input) }) {
      throw FileError(
        .usage, file: input, field: "inputs", found: "the same one twice", wanted: "each input once",
        advice: "Leave one of them out.")
    }
    for written in [output, report].compactMap({ $0 }) {
      guard !(inputs + (labels.map { [$0] } ?? [])).contains(where: { Path.isSame($0, written) }) else {
        throw Self.isInput(written)
      }
    }
  }

  private static func isInput(_ output: String) -> FileError {
    FileError(
      .usage, file: output, field: "output", found: "one of the inputs", wanted: "another file",
      advice: "Choose another output: it would overwrite the input.")
  }

  private func labels(_ inputs: inout [ImageInput]) throws(FileError) -> (Labels?, notes: [String]) {
    if let path = labels {
      let table = try LabelTable(path: path, label: labelColumn, image: imageColumn)
      let found = try table.labels(for: inputs.flatMap(\.entries), isNumbered: inputs.allSatisfy(\.isIDX))
      return (Labels(found.texts), found.notes)
    }
    let several = inputs.count > 1
    for index in inputs.indices { inputs[index].labelByFolder(fallback: several) }
    return (Labels(ofAll: inputs.flatMap(\.entries)), [])
  }

  private func judge(_ bad: [LeftOut], kept: Int, _ inputs: [String]) throws(FileError) {
    guard !bad.isEmpty, !skipBad || kept == 0 else { return }
    let names =
      bad.prefix(10).map(\.text).joined(separator: "; ") + (bad.count > 10 ? "; and \(bad.count - 10) more" : "")
    throw FileError(
      .badData, file: inputs.joined(separator: ", "), field: "pictures",
      found: "\(bad.count) of \(bad.count + kept) that cannot be read: \(names)",
      wanted: "whole PNG, JPEG, GIF or WebP pictures",
      advice: kept == 0
        ? "No picture is left to pack: replace these."
        : "Replace or convert them, or leave them out with --skip-bad. --report lists all of them in a file.")
  }
}
