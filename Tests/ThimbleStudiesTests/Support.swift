import ThimbleStatistics
import Foundation
import Testing
import ThimbleData
import ThimbleStudies
import ThimbleStorage

/// A folder of its own, removed with this object.
final class Scratch {
  let path = NSTemporaryDirectory() + "thimble-features-tests-\(UUID().uuidString)"

  init() { try! FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
  deinit { try? FileManager.default.removeItem(atPath: path) }
  subscript(_ name: String) -> String { "\(path)/\(name)" }
}

/// Numbers that look random and are the same each time.
struct Numbers {
  var state: UInt64

  /// In [0, 1).
  mutating func next() -> Double {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Double(state >> 11) / Double(1 << 53)
  }

  mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(next() * 256) } }
}

/// A packed set of these pixels, [count][side][side][channels].
func packed(
  _ scratch: Scratch, _ name: String, _ pixels: [UInt8], side: Int, channels: Int, labels: [Int32]? = nil
) throws -> Dataset {
  let count = pixels.count / (side * side * channels)
  let metadata = ["format": Dataset.format, "digest": String(repeating: "0", count: 64), "name": name, "source": name]
  var entries = [SafetensorsWriter.Entry("images", .u8, [count, side, side, channels])]
  if labels != nil { entries.append(.init("labels", .i32, [count])) }
  var writer = try SafetensorsWriter(path: scratch[name], metadata: metadata, entries: entries)
  try writer.append(pixels)
  if let labels { try writer.append(labels) }
  try writer.commit()
  return try Dataset(path: scratch[name])
}

/// Features that are given.
struct GivenFeatures: FeatureExtractor {
  let rows: [[Float]]
  var digest = "given"
  var length: Int { rows[0].count }
  let summary = "given"

  /// The first two bytes of an image are its row.
  func features(count: Int, image: (Int) -> UnsafeRawBufferPointer) -> [Float] {
    (0..<count).flatMap { rows[Int(image($0)[0]) + 256 * Int(image($0)[1])] }
  }
}

/// A file of given features.
func featureFile(
  _ scratch: Scratch, _ name: String, _ rows: [[Float]], _ labels: [Int32]?, extractor: String = "given"
) throws -> FeatureFile {
  let pixels = rows.indices.flatMap { [UInt8($0 & 255), UInt8($0 >> 8), 0] as [UInt8] }
  let set = try packed(scratch, name + ".set", pixels, side: 1, channels: 3, labels: labels)
  try FeatureFile.write(GivenFeatures(rows: rows, digest: extractor), of: set, to: scratch[name])
  return try FeatureFile(path: scratch[name])
}
