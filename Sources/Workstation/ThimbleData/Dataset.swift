import Foundation
import Thimble
import ThimbleBatches
import ThimbleStorage

/// A packed set of images of one size, mapped from a safetensors file: opening it reads no pixels, and a set larger than
/// memory works.
///
/// Tensors: `images` U8 [count, height, width, channels]; `labels` I32 [count], optional.
/// Metadata: `format`, `digest`, `name`, `source`; `labelNames` (a JSON array of texts) and `licence`, optional.
package struct Dataset: Sendable {
  /// The value of the metadata key `format`.
  package static let format = "thimble-dataset 1"

  /// Where the set lies.
  package let path: String
  /// Number of images, at least 1.
  package let count: Int
  /// Pixels.
  package let height: Int
  /// Pixels.
  package let width: Int
  /// 1 (grey) or 3 (red, green, blue).
  package let channels: Int
  /// One number an image, if the set has labels; an index into `labelNames` if it has names.
  package let labels: [Int32]?
  /// What the labels mean, if they have names.
  package let labelNames: [String]?
  /// What the set calls itself.
  package let name: String
  /// The base names of the files or folders it was packed from.
  package let source: String
  /// The terms of the images as the person who packed them stated them.
  package let licence: String?
  /// SHA-256 (64 hexadecimal digits) over the shape, the pixels and the labels: see `Dataset.digest(of:)`.
  package let digest: String

  private let pixels: StoredTensor
  /// The mapped file. `FileStamp` detects whether somebody wrote to it.
  package var file: MappedFile { pixels.file }

  /// What an image is, for messages.
  package var shapeText: String { "\(height)x\(width), \(channels == 1 ? "grey" : "colour")" }

  /// Bytes of one image.
  package var imageByteCount: Int { height * width * channels }

  /// Maps the set at `path` and checks its shape, its types and its metadata. Throws `missing`, `inputOutput` or `badData`.
  package init(path: String) throws(FileError) {
    let file = try SafetensorsFile(path: path)
    let metadata = try Metadata(file)
    pixels = try file.tensor("images", .u8, shape: [nil, nil, nil, nil])
    let shape = pixels.shape
    guard shape.allSatisfy({ $0 >= 1 }), shape[3] == 1 || shape[3] == 3 else {
      throw Metadata.bad(path, "images", "\(shape)", "at least one image of 1 or 3 channels")
    }
    (count, height, width, channels) = (shape[0], shape[1], shape[2], shape[3])
    labels = file.tensors["labels"] == nil ? nil : try file.tensor("labels", .i32, shape: [shape[0]]).copied()
    if let names = metadata.labelNames, let labels {
      guard labels.allSatisfy({ names.indices.contains(Int($0)) }) else {
        throw Metadata.bad(
          path, "labels", "a label that labelNames does not list", "labels from 0 to \(names.count - 1)")
      }
    }
    self.path = path
    labelNames = metadata.labelNames
    name = metadata.name
    source = metadata.source
    licence = metadata.licence
    digest = metadata.digest
  }

  /// The pixels of one image. Shape: [height, width, channels]. Valid while the set lives: keep the set in a variable.
  package func image(_ index: Int) -> UnsafeRawBufferPointer {
    precondition(index >= 0 && index < count, "no such image")
    let size = imageByteCount
    return unsafe UnsafeRawBufferPointer(rebasing: pixels.bytes[(index * size)..<((index + 1) * size)])
  }

  /// Copies of some images.
  package func images(_ indices: some Sequence<Int>) -> ImageBatch<UInt8> {
    ImageBatch(pixels: indices.flatMap { unsafe Array(image($0)) }, height: height, width: width, channels: channels)
  }

  /// Reads every pixel and compares with `digest`. Throws `badData` if the file was changed or damaged.
  package func verifyDigest() throws(FileError) {
    let found = unsafe Self.digest(shape: pixels.shape, pixels: pixels.bytes, labels: labels)
    guard found == digest else {
      throw Metadata.bad(path, "digest", found, digest)
    }
  }

  /// SHA-256 of the text "COUNT HEIGHT WIDTH CHANNELS\n", the pixels, and the labels (little-endian, 4 bytes each), if any.
  static func digest(shape: [Int], pixels: UnsafeRawBufferPointer, labels: [Int32]?) -> String {
    var digest = SHA256()
    let line = Array((shape.map(String.init).joined(separator: " ") + "\n").utf8)
    unsafe line.withUnsafeBytes { unsafe digest.update($0.bytes) }
    unsafe digest.update(pixels.bytes)
    unsafe labels?.map(\.littleEndian).withUnsafeBytes { unsafe digest.update($0.bytes) }
    return Digest.hexadecimal(digest.finalize())
  }
}

extension Dataset {
  /// The metadata of a set, checked.
  struct Metadata {
    var name: String
    var source: String
    var digest: String
    var labelNames: [String]?
    var licence: String?

    /// The keys as the file holds them.
    var keys: [String: String] {
      var keys = ["format": Dataset.format, "name": name, "source": source, "digest": digest]
      keys["licence"] = licence
      keys["labelNames"] = labelNames.map(ClassNames.text)
      return keys
    }

    static func bad(_ path: String, _ field: String, _ found: String, _ wanted: String) -> FileError {
      FileError(
        .badData, file: path, field: field, found: found, wanted: wanted,
        advice: "Make the set again with \"thimble dataset pack\".")
    }
  }
}

extension Dataset.Metadata {
  init(_ file: SafetensorsFile) throws(FileError) {
    let keys = file.metadata
    guard keys["format"] == Dataset.format else {
      throw Self.bad(file.path, "format", keys["format"].map { "\"\($0)\"" } ?? "none", "\"\(Dataset.format)\"")
    }
    digest = keys["digest"] ?? ""
    guard digest.utf8.count == 64, digest.utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) }) else {
      throw Self.bad(file.path, "digest", "\"\(digest)\"", "64 hexadecimal digits")
    }
    name = keys["name"] ?? "unnamed"
    source = keys["source"] ?? "unknown"
    licence = keys["licence"]
    if let text = keys["labelNames"] {
      guard let names = ClassNames.names(text) else {
        throw Self.bad(file.path, "labelNames", "\"\(text.prefix(40))\"", "a JSON array of texts")
      }
      labelNames = names
    }
  }
}
