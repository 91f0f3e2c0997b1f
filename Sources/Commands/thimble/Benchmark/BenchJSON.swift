import Foundation
import Thimble
import ThimbleStorage

/// What `thimble bench --json` prints: one object on one line.
struct BenchJSON {
  private var fields: [String] = []

  var line: String { "{\(fields.joined(separator: ", "))}" }

  /// Whole runs, in milliseconds a run.
  mutating func add(_ runs: Timing) {
    fields += [
      number("median_ms", runs.median * 1e3, 5), number("min_ms", runs.least * 1e3, 5), "\"runs\": \(runs.times.count)",
    ]
  }

  mutating func add(firstImage: Double) { fields.append(number("first_image_ms", firstImage * 1e3, 3)) }

  /// The rows of the table, and what they were measured with; `peak` in multiply-accumulates a second, 0 if unknown.
  mutating func add(_ layers: [LayerCost], _ bench: BenchedGenerator, threads: Int, peak: Double) {
    fields += [
      "\"instruction_set\": \"\(bench.instructionSet.name)\"", "\"threads\": \(threads)", "\"batch\": \(bench.batch)",
      number("peak_gmacs_per_s", peak / 1e9, 2),
    ]
    let rows = layers.enumerated().map { index, layer in
      row(layer, bench.batch, isLast: index + 1 == layers.count)
    }
    fields.append("\"layers\": [\(rows.joined(separator: ", "))]")
  }

  private func row(_ layer: LayerCost, _ batch: Int, isLast: Bool) -> String {
    let (record, images) = (layer.record, Double(batch))
    let fields = [
      "\"kind\": \"\(record.kind.name)\"", shape("input", record.input),
      shape("output", record.output), "\"kernel\": \(record.kernel)", "\"stride\": \(record.stride)",
      number("macs", record.multiplyAccumulates, 0), number("us_per_image", layer.seconds / images * 1e6, 3),
      number("gmacs_per_s", record.multiplyAccumulates * images / layer.seconds / 1e9, 2),
      "\"bytes_per_run\": \(record.byteCountMoved(images: batch, isLast: isLast))",
      "\"crc32c\": \"\(String(format: "%08x", layer.checksum))\"",
    ]
    return "{\(fields.joined(separator: ", "))}"
  }

  private func shape(_ name: String, _ shape: MapShape) -> String {
    "\"\(name)\": [\(shape.height), \(shape.width), \(shape.channels)]"
  }

  private func number(_ name: String, _ value: Double, _ digits: Int) -> String {
    "\"\(name)\": " + String(format: "%.\(digits)f", value)
  }
}
