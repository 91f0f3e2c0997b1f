import Foundation
import Thimble
import ThimbleThreads

/// What `thimble bench` shows to people.
struct BenchView {
  let bench: BenchedGenerator
  let workers: Workers

  /// What is measured, and how long it took to begin.
  func showHead(load: Double, firstImage: Double, memory: (before: Int?, after: Int?)) {
    let shape = bench.layout.header.image
    print("image        \(text(shape)), batch \(bench.batch)")
    print("computed by  \(bench.instructionSet.name), \(workers.count) thread\(workers.count == 1 ? "" : "s")")
    print("load         \(milliseconds(load)) to map and check \(bench.layout.header.fileByteCount) bytes")
    let before = ProcessClock.main.used
    print(
      "first image  \(milliseconds(firstImage)) after the process began (\(milliseconds(before)) before main)")
    guard let was = memory.before, let now = memory.after else { return }
    print(
      "memory       \(bench.layout.header.fileByteCount) model + \(bench.arenaByteCount) arena; "
        + "the process grew by \(now - was); the command itself takes \(was)")
  }

  /// Layer by layer, then the whole; `peak` in multiply-accumulates a second of all threads, 0 if unknown.
  func showTable(_ layers: [LayerCost], _ runs: Timing, peak: Double) {
    let images = Double(bench.batch)
    print("")
    show([
      "layer", "kind", "input", "output", "kernel", "MMAC", "us/image", "GMAC/s", "of peak", "bytes/run", "CRC-32C",
    ])
    for (index, layer) in layers.enumerated() {
      let record = layer.record
      let rate = record.multiplyAccumulates * images / layer.seconds
      show([
        "\(index)", "\(record.kind.name)", text(record.input), text(record.output), record.kernelText,
        number(record.multiplyAccumulates / 1e6, 3), number(layer.seconds / images * 1e6, 2),
        number(rate / 1e9, 1), share(rate, peak),
        "\(record.byteCountMoved(images: bench.batch, isLast: index + 1 == layers.count))",
        String(format: "%08x", layer.checksum),
      ])
    }
    let work = layers.reduce(0) { $0 + $1.record.multiplyAccumulates }
    let rate = work * images / runs.median
    print("")
    print(
      "whole runs   \(number(runs.median / images * 1e3, 4)) ms per image (median of \(runs.times.count); fastest "
        + "\(number(runs.least / images * 1e3, 4))), \(number(images / runs.median, 0)) images/s")
    print(
      "rate         \(number(work / 1e6, 2)) MMAC per image, \(number(rate / 1e9, 1)) GMAC/s, \(share(rate, peak)) of the peak"
    )
    print(
      "peak         \(peak > 0 ? number(peak / 1e9, 1) : "-") GMAC/s: dot products of \(bench.instructionSet.name) on registers, all threads"
    )
    print("CRC-32C covers the first image's maps: it is the same for every instruction set, --threads and --batch.")
  }

  private static let widths = [6, 7, 13, 13, 8, 10, 10, 9, 9, 11, 10]

  /// One line of the table: words to the left, numbers to the right.
  private func show(_ cells: [String]) {
    var line = ""
    for (index, cell) in cells.enumerated() {
      let room = String(repeating: " ", count: max(1, Self.widths[index] - cell.count))
      line += index < 5 ? cell + room : room + cell
    }
    print(line)
  }

  private func text(_ shape: MapShape) -> String { "\(shape.height)x\(shape.width)x\(shape.channels)" }
  private func number(_ value: Double, _ digits: Int) -> String { String(format: "%.\(digits)f", value) }
  private func milliseconds(_ seconds: Double) -> String { number(seconds * 1e3, 2) + " ms" }
  private func share(_ rate: Double, _ peak: Double) -> String { peak > 0 ? number(100 * rate / peak, 0) + " %" : "-" }
}
