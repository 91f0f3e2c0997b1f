import Thimble
import ThimbleData
import ThimbleStorage

/// The features of a packed set in a safetensors file: `features` F32 [count, length] and, where the set has them, `labels` I32
/// [count]. Opening maps it: sets of features may be larger than memory.
package struct FeatureFile: Sendable {
  package static let format = "thimble-features 1"

  package let path: String
  package let count: Int
  package let length: Int
  package let labels: [Int32]?
  package let labelNames: [String]?
  /// Of the extractor.
  package let extractor: String
  package let summary: String
  package let dataName: String
  /// Of the packed set; nil where the file does not say.
  package let dataDigest: String?
  private let features: StoredTensor

  /// Maps the file at `path`. Throws `missing`, `inputOutput` or `badData`.
  package init(path: String) throws(FileError) {
    let file = try SafetensorsFile(path: path)
    guard file.metadata["format"] == Self.format else {
      throw FileError(
        .badData, file: path, field: "format", found: file.metadata["format"].map { "\"\($0)\"" } ?? "none",
        wanted: "\"\(Self.format)\"", advice: "Make features of a packed set with `thimble features`.")
    }
    features = try file.tensor("features", .f32, shape: [nil, nil])
    (count, length) = (features.shape[0], features.shape[1])
    guard count >= 1, length >= 1, unsafe Int(bitPattern: features.bytes.baseAddress) % 4 == 0 else {
      throw FileError(
        .badData, file: path, field: "features", found: "\(features.shape)",
        wanted: "at least one row of numbers, aligned",
        advice: "Make the features again with `thimble features`.")
    }
    labels = file.tensors["labels"] == nil ? nil : try file.tensor("labels", .i32, shape: [count]).copied()
    labelNames = try file.metadata["labelNames"].map { text throws(FileError) in
      if let names = ClassNames.names(text) { return names }
      throw FileError(
        .badData, file: path, field: "labelNames", found: "\"\(text.prefix(40))\"", wanted: "a JSON array of texts",
        advice: "Make the features again with `thimble features`.")
    }
    self.path = path
    guard let extractor = file.metadata["extractor"], !extractor.isEmpty else {
      throw FileError(
        .badData, file: path, field: "extractor", found: "none",
        wanted: "the digest of the network or method that made the features",
        advice: "Make the features again with `thimble features`.")
    }
    self.extractor = extractor
    summary = file.metadata["summary"] ?? "unknown"
    dataName = file.metadata["data_name"] ?? "unnamed"
    dataDigest = file.metadata["data_digest"]
  }

  /// Beyond it, differences and their squares leave f32.
  private static let largest: Float = 1e18

  /// Reads all features and refuses what is not finite, or no number to calculate with.
  package func checkFinite() throws(FileError) {
    for image in 0..<count {
      guard let index = unsafe row(image).firstIndex(where: { !(abs($0) <= Self.largest) }) else { continue }
      throw FileError(
        .badData, file: path, field: "features", found: unsafe "\(row(image)[index]) of image \(image)",
        wanted: "finite numbers of at most \(Self.largest)",
        advice: "Make the features again with `thimble features`.")
    }
  }

  /// The features of one image. Valid while the file lives: keep it in a variable.
  package func row(_ index: Int) -> UnsafeBufferPointer<Float> {
    precondition(index >= 0 && index < count)
    let bytes = unsafe UnsafeRawBufferPointer(
      rebasing: features.bytes[(index * length * 4)..<((index + 1) * length * 4)])
    return unsafe bytes.assumingMemoryBound(to: Float.self)
  }

  /// Writes the features of all images of a set, some at a time.
  package static func write(
    _ extractor: some FeatureExtractor, of set: Dataset, to path: String, progress: (Int) -> Void = { _ in }
  ) throws(FileError) {
    var metadata = [
      "format": format, "extractor": extractor.digest, "summary": extractor.summary, "data_name": set.name,
      "data_digest": set.digest,
    ]
    metadata["labelNames"] = set.labelNames.map(ClassNames.text)
    var entries = [SafetensorsWriter.Entry("features", .f32, [set.count, extractor.length])]
    if set.labels != nil { entries.append(.init("labels", .i32, [set.count])) }
    var writer = try SafetensorsWriter(path: path, metadata: metadata, entries: entries)
    for first in stride(from: 0, to: set.count, by: 1024) {
      let images = min(1024, set.count - first)
      let rows = unsafe extractor.features(count: images) { unsafe set.image(first + $0) }
      if let index = rows.firstIndex(where: { !$0.isFinite }) {
        throw FileError(
          .badData, file: path, field: "features", found: "\(rows[index]) of image \(first + index / extractor.length)",
          wanted: "finite numbers", advice: "The weights have diverged: use an earlier checkpoint.")
      }
      try writer.append(rows)
      progress(first + images)
    }
    if let labels = set.labels { try writer.append(labels) }
    try writer.commit()
  }
}
