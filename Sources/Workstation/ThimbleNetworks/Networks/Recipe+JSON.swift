import Foundation
import Thimble
import ThimbleStorage

extension Recipe {
  /// Every field in the order of need, its value as JSON: the same text for the same value.
  package var fields: [(name: String, value: String)] {
    func text(_ values: [Int]) -> String { "[\(values.map(String.init).joined(separator: ", "))]" }
    var fields = [
      ("geometry", "\"\(geometry.rawValue)\""), ("size", "\(size)"), ("channels", "\(channels)"),
      ("latentLength", "\(latentLength)"), ("latentDistribution", "\"\(latentDistribution.name)\""),
      ("generatorWidths", text(generatorWidths)), ("discriminatorWidths", text(discriminatorWidths)),
      ("firstLayerStatistics", "\"\(firstLayerStatistics.rawValue)\""), ("batchNormEpsilon", "\(batchNormEpsilon)"),
      ("leakySlope", "\(leakySlope)"), ("weightDeviation", "\(weightDeviation)"),
      ("schedule", "\"\(schedule.rawValue)\""), ("batchSize", "\(batchSize)"), ("learningRate", "\(learningRate)"),
      ("beta1", "\(beta1)"), ("beta2", "\(beta2)"), ("adamEpsilon", "\(adamEpsilon)"),
      ("weightDecay", "\(weightDecay)"), ("passes", "\(passes)"), ("seed", "\(seed)"),
    ]
    // What goes beyond the paper is named where it is on: recipes without it keep their text, and the digest of that.
    if generatorAverage > 0 { fields.append(("generatorAverage", "\(generatorAverage)")) }
    if mirrored { fields.append(("mirrored", "true")) }
    if !generatorHidden.isEmpty { fields.append(("generatorHidden", text(generatorHidden))) }
    if !discriminatorHidden.isEmpty { fields.append(("discriminatorHidden", text(discriminatorHidden))) }
    if !discriminatorStrides.isEmpty { fields.append(("discriminatorStrides", text(discriminatorStrides))) }
    if classes > 0 { fields.append(("classes", "\(classes)")) }
    if output != .tanh { fields.append(("output", "\"\(output.rawValue)\"")) }
    if normalized != .paper { fields.append(("normalized", "\"\(normalized.rawValue)\"")) }
    if pooling { fields.append(("pooling", "true")) }
    if globalPooling { fields.append(("globalPooling", "true")) }
    if !batchNormAffine { fields.append(("batchNormAffine", "false")) }
    return fields
  }

  /// The recipe as JSON text with all its fields.
  package var json: String {
    "{\n" + fields.map { "  \"\($0.name)\": \($0.value)" }.joined(separator: ",\n") + "\n}\n"
  }

  /// Reads a recipe. Fields that are left out have their default; unknown fields, wrong types and impossible geometries are
  /// refused.
  package init(path: String) throws(FileError) {
    let file = try MappedFile(path: path)
    defer { withExtendedLifetime(file) {} }
    guard file.bytes.count <= 1 << 20 else {
      throw FileError(
        .badData, file: path, field: "size", found: "\(file.bytes.count) bytes", wanted: "a recipe of at most 1 MB",
        advice: "A recipe is a short JSON file; `thimble train --help` says more.")
    }
    try self.init(json: Data(file.bytes), file: path)
  }

  /// Reads a recipe from JSON; `file` is for messages.
  package init(json: Data, file: String) throws(FileError) {
    guard let object = try? JSONSerialization.jsonObject(with: json), let values = object as? [String: Any] else {
      throw FileError(
        .badData, file: file, field: "recipe", found: "no JSON object", wanted: "a JSON object",
        advice: "Compare the file with a recipe under weights/.")
    }
    var fields = RecipeFields(values: values, file: file)
    self.init(
      geometry: try fields.choice("geometry") ?? .authors, size: try fields.integer("size") ?? 64,
      channels: try fields.integer("channels") ?? 3)
    latentLength = try fields.integer("latentLength") ?? latentLength
    latentDistribution = try fields.distribution("latentDistribution") ?? latentDistribution
    if let widths = try fields.integers("generatorWidths") {
      generatorWidths = widths
      discriminatorWidths = widths.reversed()
    }
    discriminatorWidths = try fields.integers("discriminatorWidths") ?? discriminatorWidths
    firstLayerStatistics = try fields.choice("firstLayerStatistics") ?? firstLayerStatistics
    batchNormEpsilon = try fields.number("batchNormEpsilon") ?? batchNormEpsilon
    leakySlope = try fields.number("leakySlope") ?? leakySlope
    weightDeviation = try fields.number("weightDeviation") ?? weightDeviation
    schedule = try fields.choice("schedule") ?? schedule
    batchSize = try fields.integer("batchSize") ?? batchSize
    learningRate = try fields.number("learningRate") ?? learningRate
    beta1 = try fields.number("beta1") ?? beta1
    beta2 = try fields.number("beta2") ?? beta2
    adamEpsilon = try fields.number("adamEpsilon") ?? adamEpsilon
    weightDecay = try fields.number("weightDecay") ?? weightDecay
    passes = try fields.integer("passes") ?? passes
    seed = try fields.integer("seed").map(UInt64.init) ?? seed
    generatorAverage = try fields.number("generatorAverage") ?? generatorAverage
    mirrored = try fields.boolean("mirrored") ?? mirrored
    generatorHidden = try fields.integers("generatorHidden") ?? generatorHidden
    discriminatorHidden = try fields.integers("discriminatorHidden") ?? discriminatorHidden
    discriminatorStrides = try fields.integers("discriminatorStrides") ?? discriminatorStrides
    classes = try fields.integer("classes") ?? classes
    output = try fields.choice("output") ?? output
    normalized = try fields.choice("normalized") ?? normalized
    pooling = try fields.boolean("pooling") ?? pooling
    globalPooling = try fields.boolean("globalPooling") ?? globalPooling
    batchNormAffine = try fields.boolean("batchNormAffine") ?? batchNormAffine
    try fields.refuseRest()
    try validate(file: file)
  }
}

extension LayerSpecification.Statistics: CaseIterable {
  package static let allCases: [Self] = [.channel, .output]
}

extension LatentDistribution {
  /// The name in recipes and files.
  package var name: String { self == .uniform ? "uniform" : "normal" }
}

/// The fields of a JSON object, each taken once; what is left at the end is unknown.
private struct RecipeFields {
  var values: [String: Any]
  let file: String

  private func bad(_ name: String, _ wanted: String) -> FileError {
    FileError(
      .badData, file: file, field: name, found: Self.text(values[name]), wanted: wanted,
      advice: "Mend this field, or leave it out for its default.")
  }

  private static func text(_ value: Any?) -> String {
    guard let value else { return "nothing" }
    guard let data = try? JSONSerialization.data(withJSONObject: [value], options: [.withoutEscapingSlashes]) else {
      return "something else"
    }
    return String(String(decoding: data, as: UTF8.self).dropFirst().dropLast().prefix(60))
  }

  private static func isBoolean(_ value: Any) -> Bool {
    (value as? NSNumber).map { String(cString: $0.objCType) == "c" } ?? false
  }

  private static func integer(_ value: Any) -> Int? {
    guard !isBoolean(value), let number = value as? NSNumber else { return nil }
    return Int(exactly: number.doubleValue).flatMap { $0 >= 0 ? $0 : nil }
  }

  mutating func integer(_ name: String) throws(FileError) -> Int? {
    guard let value = values[name] else { return nil }
    guard let integer = Self.integer(value) else { throw bad(name, "a whole number from 0") }
    values[name] = nil
    return integer
  }

  mutating func integers(_ name: String) throws(FileError) -> [Int]? {
    guard let value = values[name] else { return nil }
    let integers = (value as? [Any])?.map(Self.integer)
    guard let integers, !integers.contains(nil) else { throw bad(name, "a list of whole numbers from 0") }
    values[name] = nil
    return integers.compactMap { $0 }
  }

  mutating func number(_ name: String) throws(FileError) -> Double? {
    guard let value = values[name] else { return nil }
    guard !Self.isBoolean(value), let number = value as? NSNumber, number.doubleValue.isFinite else {
      throw bad(name, "a number")
    }
    values[name] = nil
    return number.doubleValue
  }

  mutating func boolean(_ name: String) throws(FileError) -> Bool? {
    guard let value = values[name] else { return nil }
    guard Self.isBoolean(value), let boolean = value as? Bool else { throw bad(name, "true or false") }
    values[name] = nil
    return boolean
  }

  mutating func choice<Choice: RawRepresentable & CaseIterable>(_ name: String) throws(FileError) -> Choice?
  where Choice.RawValue == String {
    guard let value = values[name] else { return nil }
    guard let choice = (value as? String).flatMap(Choice.init(rawValue:)) else {
      throw bad(name, "one of " + Choice.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", "))
    }
    values[name] = nil
    return choice
  }

  mutating func distribution(_ name: String) throws(FileError) -> LatentDistribution? {
    guard let value = values[name] else { return nil }
    let known: [LatentDistribution] = [.uniform, .normal]
    guard let found = known.first(where: { $0.name == value as? String }) else {
      throw bad(name, "one of \"uniform\", \"normal\"")
    }
    values[name] = nil
    return found
  }

  func refuseRest() throws(FileError) {
    guard let name = values.keys.sorted().first else { return }
    throw FileError(
      .badData, file: file, field: name, found: "an unknown field", wanted: "a field of a recipe",
      advice: "Check the spelling; `thimble train --dry-run` prints a recipe with all its fields.")
  }
}
