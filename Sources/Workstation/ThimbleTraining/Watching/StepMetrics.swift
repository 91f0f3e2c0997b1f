import Foundation
import ThimbleStatistics
import ThimbleStorage

/// What is known of one step: a line of `metrics.jsonl`. What a step did not measure is nil.
package struct StepMetrics: Sendable, Equatable {
  /// Minibatches done, from 1.
  package var step: Int
  /// Passes over the set.
  package var pass = 0.0
  package var report = StepReport()
  package var imagesPerSecond: Double?
  /// L2 norms of the gradients of all parameters, before weight decay.
  package var generatorGradient: Double?
  package var discriminatorGradient: Double?
  /// Diversity of the grid's samples, relative to that of real images.
  package var diversity: Diversity?
  /// Frechet distance of the averaged, frozen generator's samples to the set (`DistanceGauge`).
  package var distance: Double?

  package init(step: Int) { self.step = step }

  /// The names in the file with their numbers, in the order of the file. Numbers that are not finite have no place in JSON.
  var fields: [(name: String, value: Double, text: String)] {
    let report = report
    let single: [(String, Float?)] = [
      ("lossD", report.discriminatorLoss), ("lossG", report.generatorLoss), ("scoreReal", report.scoreOfReal),
      ("scoreGenerated", report.scoreOfGenerated),
    ]
    let double: [(String, Double?)] = [
      ("imagesPerSecond", imagesPerSecond), ("gradientD", discriminatorGradient), ("gradientG", generatorGradient),
      ("diversity", diversity?.spread), ("nearest", diversity?.nearest),
      ("distance", distance),
    ]
    let all =
      single.compactMap { name, value in value.map { (name, Double($0), "\($0)") } }
      + double.compactMap { name, value in value.map { (name, $0, "\($0)") } }
    return all.filter { $0.1.isFinite }
  }

  /// One line of JSON.
  package var json: String {
    let fields = ["\"step\": \(step)", "\"pass\": \(pass)"] + fields.map { "\"\($0.name)\": \($0.text)" }
    return "{\(fields.joined(separator: ", "))}"
  }

  /// Reads a line; nil if it is not one, as the last line of a run that was killed may be. Numbers come out as they went in, to the
  /// last bit, so that what is made of them after a resumption is what it was before: Foundation's JSON does not promise that.
  package init?(line: Substring) {
    guard line.hasPrefix("{"), line.hasSuffix("}") else { return nil }
    var numbers: [Substring: Double] = [:]
    for field in line.dropFirst().dropLast().split(separator: ",") {
      let parts = field.split(separator: ":").map { $0.drop { $0 == " " } }
      guard parts.count == 2, let value = Double(parts[1]) else { return nil }
      numbers[parts[0].dropFirst().dropLast()] = value
    }
    guard let step = numbers["step"].flatMap({ Int(exactly: $0) }) else { return nil }
    func number(_ name: Substring) -> Double? { numbers[name] }
    func single(_ name: Substring) -> Float? { number(name).map { Float($0) } }
    self.init(step: step)
    pass = number("pass") ?? 0
    report.discriminatorLoss = single("lossD")
    report.generatorLoss = single("lossG")
    report.scoreOfReal = single("scoreReal")
    report.scoreOfGenerated = single("scoreGenerated")
    imagesPerSecond = number("imagesPerSecond")
    discriminatorGradient = number("gradientD")
    generatorGradient = number("gradientG")
    if let spread = number("diversity"), let nearest = number("nearest") {
      diversity = Diversity(spread: spread, nearest: nearest)
    }
    distance = number("distance")
  }

  /// Reads a run's metrics, line after line. A file that is not there has none.
  package static func read(_ path: String, _ take: (StepMetrics) -> Void) throws(FileError) {
    var status = stat()
    guard unsafe lstat(path, &status) == 0 else { return }
    let text = String(decoding: try MappedFile(path: path, links: .refuse).contents(), as: UTF8.self)
    for line in text.split(separator: "\n") { if let metrics = StepMetrics(line: line) { take(metrics) } }
  }
}
