import Foundation
import ThimbleStorage

/// What `thimble dataset info` prints.
package struct DatasetInfo: Sendable, Equatable, CustomStringConvertible {
  /// How often a label occurs.
  package struct LabelCount: Sendable, Equatable {
    /// As the set stores it.
    package var label: Int32
    /// Its name, if the set has names.
    package var name: String?
    /// Number of images.
    package var count: Int
  }

  /// Where the set lies.
  package var path: String
  /// What it calls itself.
  package var name: String
  /// What it was packed from.
  package var source: String
  /// The terms stated when it was packed.
  package var licence: String?
  /// [count, height, width, channels]
  package var shape: [Int]
  /// As the file states it; `Dataset.verifyDigest()` computes it.
  package var digest: String
  /// Size of the file.
  package var byteCount: Int
  /// In the order of the labels; names without images are there with 0. Empty without labels.
  package var labels: [LabelCount]

  /// Reads the labels, not the pixels.
  package init(_ dataset: Dataset) throws(FileError) {
    path = dataset.path
    name = dataset.name
    source = dataset.source
    licence = dataset.licence
    shape = [dataset.count, dataset.height, dataset.width, dataset.channels]
    digest = dataset.digest
    byteCount = try unsafe MappedFile(path: dataset.path).bytes.count
    var counts: [Int32: Int] = [:]
    for index in dataset.labelNames?.indices ?? 0..<0 { counts[Int32(index)] = 0 }
    for label in dataset.labels ?? [] { counts[label, default: 0] += 1 }
    labels = counts.sorted { $0.key < $1.key }.map { label, count in
      LabelCount(label: label, name: dataset.labelNames.map { $0[Int(label)] }, count: count)
    }
  }

  /// The same for the set at `path`.
  package init(path: String) throws(FileError) { try self.init(Dataset(path: path)) }

  /// A few lines, without an end of line after the last one.
  package var description: String {
    var lines = [
      "name      \(name)", "source    \(source)", "licence   \(licence ?? "not stated")",
      "images    \(shape[0]), \(shape[2]) x \(shape[1]) pixels, \(shape[3] == 1 ? "grey" : "colour")",
      "digest    \(digest)", "file      \(path), \(byteCount) bytes",
    ]
    if labels.isEmpty { lines.append("labels    none") }
    for (index, label) in labels.prefix(Self.largestLabelList).enumerated() {
      lines.append(
        (index == 0 ? "labels    " : "          ")
          + "\(label.label)\(label.name.map { " \($0)" } ?? ""): \(label.count)")
    }
    if labels.count > Self.largestLabelList {
      lines.append("          and \(labels.count - Self.largestLabelList) more")
    }
    return lines.joined(separator: "\n")
  }

  private static let largestLabelList = 100
}
