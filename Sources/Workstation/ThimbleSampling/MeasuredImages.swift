import ThimbleBatches
import ThimbleData
import ThimbleNetworks
import ThimbleStorage
import ThimbleThreads

extension Dataset {
  /// Refuses sets of sides that no network of ours is built for.
  /// - Returns: a recipe of that size.
  package func measurable() throws(FileError) -> Recipe {
    guard height == width, Recipe.sizes.contains(height) else {
      throw FileError(
        .badData, file: path, field: "images", found: "\(height)x\(width)",
        wanted: "a side of \(Recipe.sizes.map(String.init).joined(separator: ", "))",
        advice: "Pack the set again with --size.")
    }
    guard count >= 64 else {
      throw FileError(
        .badData, file: path, field: "images", found: "\(count)", wanted: "at least 64 to compare with",
        advice: "Pack more images.")
    }
    return Recipe(size: height, channels: channels)
  }
}

/// What is measured: a generator's images, or images from a file.
package struct MeasuredImages {
  private enum Kind {
    case generator(ImageSource)
    case file(StoredTensor)
  }

  private let kind: Kind
  private let shape: (height: Int, width: Int, channels: Int)

  /// Opens the file at `path`. Throws `missing`, `inputOutput` or `badData`.
  package init(
    path: String, workers: Workers, freezing: @escaping (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws(FileError) {
    if try !ImageSource.isExported(path) {
      let file = try SafetensorsFile(path: path)
      if file.tensors["images"] != nil, file.metadata["format"]?.hasPrefix("thimble-dataset") != true {
        let images = try file.tensor("images", .f32, shape: [nil, nil, nil, nil])
        (kind, shape) = (.file(images), (images.shape[2], images.shape[3], images.shape[1]))
        guard images.shape[0] >= 64 else {
          throw FileError(
            .badData, file: path, field: "images", found: "\(images.shape[0])", wanted: "at least 64",
            advice: "Write more images into the file.")
        }
        return
      }
    }
    let source = try ImageSource(path: path, workers: workers, freezing: freezing)
    (kind, shape) = (.generator(source), (source.height, source.width, source.channels))
  }

  /// Opens all files and compares their shapes with the set's, before the first image is computed.
  package static func all(
    _ paths: [String], like dataset: Dataset, workers: Workers,
    freezing: @escaping (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws(FileError) -> [MeasuredImages] {
    try paths.map { path throws(FileError) in
      let source = try MeasuredImages(path: path, workers: workers, freezing: freezing)
      try source.check(dataset, path)
      return source
    }
  }

  private func check(_ dataset: Dataset, _ path: String) throws(FileError) {
    guard shape == (dataset.height, dataset.width, dataset.channels) else {
      throw FileError(
        .badData, file: path, field: "images", found: "\(shape.height)x\(shape.width)x\(shape.channels)",
        wanted: "\(dataset.height)x\(dataset.width)x\(dataset.channels), as in \(dataset.path)",
        advice: "Compare it with the set that it was trained on.")
    }
  }

  /// The first `count` images; a file may have fewer.
  package func pixels(_ count: Int) throws(FileError) -> ImageBatch<UInt8> {
    switch kind {
    case .generator(let source):
      return try source.pixels(source.latents(0..<UInt64(count)))
    case .file(let images):
      try Room.check(
        9 * images.elementCount, for: "\(images.shape[0]) images", file: images.file.path,
        advice: "Write fewer images into the file.")
      let planes = images.floats()
      if let index = planes.firstIndex(where: { !$0.isFinite }) {
        throw FileError(
          .badData, file: images.file.path, field: "images", found: "\(planes[index]) at number \(index)",
          wanted: "finite numbers", advice: "Make the images again: the network that made them has diverged.")
      }
      return ImageBatch(
        planes: planes, count: min(count, images.shape[0]), height: shape.height, width: shape.width,
        channels: shape.channels
      ).bytes
    }
  }
}
