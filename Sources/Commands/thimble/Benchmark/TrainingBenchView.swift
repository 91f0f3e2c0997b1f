import Foundation
import Thimble
import ThimbleNetworks
import ThimbleSampling
import ThimbleTraining

/// What `thimble bench train` shows.
struct TrainingBenchView {
  let recipe: Recipe
  let networks: AdversarialNetworks
  let threads: Int
  /// Steps that one time is of.
  let stepsAtOnce: Int
  let whole: Timing
  let costs: [Stopwatch.Part: Stopwatch.Cost]
  /// How many times the parts were measured.
  let timedSteps: Int
  /// Multiply-accumulates a second of all threads.
  let peak: Double

  private var images: Int { recipe.batchSize }
  private var imagesPerSecond: Double { Double(images) / whole.median * Double(stepsAtOnce) }

  /// Multiply-accumulates of one timed stretch, counted by the field's convention, those alone whose results are used.
  private var work: Double { rows.reduce(0) { $0 + $1.work } }

  private struct Row {
    var layer: String
    var shape: String
    var pass: Pass
    var seconds: Double
    var work: Double
  }

  private var rows: [Row] {
    (recipe.generatorLayers + recipe.discriminatorLayers).flatMap { layer in
      Pass.allCases.compactMap { pass -> Row? in
        guard let cost = costs[Stopwatch.Part(layer: layer.name, pass: pass)] else { return nil }
        let products =
          [.forward, .inputGradient, .weightGradient].contains(pass) ? layer.kind.multiplyAccumulates : 0
        return Row(
          layer: layer.name, shape: layer.kind.shapeText, pass: pass, seconds: cost.seconds / Double(timedSteps),
          work: Double(cost.images) * Double(products) / Double(timedSteps))
      }
    }
  }

  func show() {
    print("recipe       \(recipe.size)x\(recipe.size)x\(recipe.channels), minibatches of \(images)")
    print(
      "computed by  \((try? InstructionSet.current().name) ?? "-"), \(threads) thread\(threads == 1 ? "" : "s"); workspace "
        + "\(number(Double(networks.workspace.byteCount) / 1e6, 1)) MB\n")
    line("layer", "maps", "pass", "ms/step", "GFLOP/s", "of peak")
    for row in rows {
      line(
        row.layer, row.shape, Self.names[row.pass]!, number(row.seconds / Double(stepsAtOnce) * 1e3, 2),
        row.work > 0 ? number(2e-9 * row.work / row.seconds, 1) : "-",
        row.work > 0 ? share(row.work / row.seconds) : "-")
    }
    if let update = costs[Stopwatch.Part(layer: "", pass: .update)] {
      let seconds = update.seconds / Double(timedSteps * stepsAtOnce)
      line("", "", Self.names[.update]!, number(seconds * 1e3, 2), "-", "-")
    }
    let rate = work / whole.median
    print(
      "\nwhole steps  \(number(whole.median / Double(stepsAtOnce) * 1e3, 1)) ms (median of \(whole.times.count); fastest "
        + "\(number(whole.least / Double(stepsAtOnce) * 1e3, 1))), \(number(imagesPerSecond, 1)) images/s")
    print("rate         \(number(2e-9 * rate, 1)) GFLOP/s, \(share(rate)) of the peak")
    print("peak         \(number(2e-9 * peak, 1)) GFLOP/s: fused multiply-adds on registers, all threads")
  }

  /// For programs: one object, in one line.
  var json: String {
    let parts = rows.map { row in
      "{\"layer\": \"\(row.layer)\", \"pass\": \"\(row.pass.rawValue)\", \"ms\": \(row.seconds / Double(stepsAtOnce) * 1e3), "
        + "\"gflops\": \(2e-9 * row.work / row.seconds)}"
    }
    return
      "{\"batch\": \(images), \"threads\": \(threads), \"ms_per_step\": \(whole.median / Double(stepsAtOnce) * 1e3), "
      + "\"ms_per_step_min\": \(whole.least / Double(stepsAtOnce) * 1e3), \"images_per_s\": \(imagesPerSecond), "
      + "\"steps\": \(whole.times.count), \"workspace_bytes\": \(networks.workspace.byteCount), "
      + "\"rss_peak_mib\": \(Double(ProcessMemory.peakResidentByteCount) / 1_048_576), "
      + "\"gflops\": \(2e-9 * work / whole.median), \"peak_gflops\": \(2e-9 * peak), \"parts\": [\(parts.joined(separator: ", "))]}"
  }

  private static let names: [Pass: String] = [
    .forward: "forward", .inputGradient: "input gradient", .weightGradient: "weight gradient",
    .normalization: "norm, activation", .normalizationGradient: "norm gradient", .pack: "pack", .update: "Adam",
  ]
  private static let widths = [10, 25, 17, 9, 9, 9]

  /// One line of the table: words to the left, numbers to the right.
  private func line(_ cells: String...) {
    var text = ""
    for (index, cell) in cells.enumerated() {
      let room = String(repeating: " ", count: max(1, Self.widths[index] - cell.count))
      text += index < 3 ? cell + room : room + cell
    }
    print(text)
  }

  private func number(_ value: Double, _ digits: Int) -> String { String(format: "%.\(digits)f", value) }
  private func share(_ rate: Double) -> String { number(100 * rate / peak, 0) + " %" }
}
