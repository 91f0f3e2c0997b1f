import Foundation
import Testing
import ThimbleNetworks
import ThimbleStorage

/// The list of a recipe's fields. A new field needs a row in `others` and, if it has a range, one in `edges`.
@Suite struct RecipeFieldTests {
  /// A value of each field that is not its default.
  private static let others: [String: String] = [
    "geometry": "\"common\"", "size": "32", "channels": "1", "latentLength": "7",
    "latentDistribution": "\"normal\"", "generatorWidths": "[8, 4]", "discriminatorWidths": "[4, 8]",
    "firstLayerStatistics": "\"channel\"", "batchNormEpsilon": "0.001", "leakySlope": "0.0",
    "weightDeviation": "0.1", "schedule": "\"both\"", "batchSize": "2", "learningRate": "0.5",
    "beta1": "0.9", "beta2": "0.9", "adamEpsilon": "1e-06", "weightDecay": "0.25",
    "passes": "3", "seed": "9007199254740991", "generatorAverage": "0.999", "mirrored": "true",
    "generatorHidden": "[5]", "discriminatorHidden": "[6, 7]",
    "discriminatorStrides": "[2, 1, 2, 1]", "classes": "10", "output": "\"sigmoid\"",
    "normalized": "\"none\"", "pooling": "true", "globalPooling": "true",
    "batchNormAffine": "false",
  ]
  /// Fields that have one value by now.
  private static let single: Set<String> = ["loss", "optimizer"]

  /// Values at the edges of each field's range: the outermost that are taken, and those just beyond.
  private static let edges: [String: (taken: [String], refused: [String])] = [
    "size": (["16", "128"], ["15", "129", "0"]), "channels": (["1", "3"], ["0", "2", "4"]),
    "latentLength": (["1", "1024"], ["0", "1025"]),
    "generatorWidths": (["[1]", "[4096, 1]"], ["[]", "[0]", "[4097]", "[1, 1, 1, 1, 1, 1, 1, 1]"]),
    "discriminatorWidths": (["[1]", "[4096, 1]"], ["[]", "[0]", "[4097]", "[1, 1, 1, 1, 1, 1, 1, 1]"]),
    "batchNormEpsilon": (["1e-45", "0.99999"], ["0", "1e-46", "1", "-0.1"]),
    "leakySlope": (["0", "0.99999"], ["-1e-9", "1"]), "weightDeviation": (["1e-9", "1"], ["0", "1.00001"]),
    "batchSize": (["2", "4096"], ["1", "4097"]), "learningRate": (["1e-9", "1"], ["0", "1.00001"]),
    "beta1": (["0", "0.99999"], ["-1e-9", "1"]), "beta2": (["0", "0.99999"], ["-1e-9", "1"]),
    "adamEpsilon": (["1e-45", "1"], ["0", "1e-46", "1.00001"]), "weightDecay": (["0", "1"], ["-1e-9", "1.00001"]),
    "passes": (["1", "1000000"], ["0", "1000001"]), "seed": (["0", "9007199254740991"], ["-1", "9007199254740992"]),
    "generatorAverage": (["0", "0.99999"], ["-1e-9", "1"]),
    "generatorHidden": (["[]", "[1, 4096, 1]"], ["[0]", "[4097]", "[1, 1, 1, 1]"]),
    "discriminatorHidden": (["[]", "[1, 4096, 1]"], ["[0]", "[4097]", "[1, 1, 1, 1]"]),
    "discriminatorStrides": (["[]", "[1, 2, 2, 2]"], ["[0, 2, 2, 2]", "[3, 2, 2, 2]", "[2]"]),
    "classes": (["0", "2", "924"], ["1", "925", "1001"]),
  ]

  private static func read(_ name: String, _ value: String) throws -> Recipe {
    try Recipe(json: Data("{\"\(name)\": \(value)}".utf8), file: "recipe")
  }

  /// Catches: a stored property that is in no field, or a field that is no stored property's.
  @Test func everyPropertyIsAField() {
    let properties = Mirror(reflecting: Recipe()).children.compactMap(\.label)
    #expect(Set(properties) == Set(RecipeField.all.map(\.name)))
    #expect(properties.count == RecipeField.all.count)
  }

  @Test func everyFieldIsDocumented() {
    for field in RecipeField.all {
      #expect(field.documentation.hasSuffix(".") && field.documentation.count > 15, "\(field.name)")
      #expect(field.since.split(separator: ".").count == 3, "\(field.name)")
      #expect(field.choices.allSatisfy { !$0.meaning.isEmpty }, "\(field.name)")
    }
  }

  /// Catches: a field that is not read, is not written, or is written otherwise than it was read.
  @Test func everyFieldComesBack() throws {
    #expect(Set(Self.others.keys).union(Self.single) == Set(RecipeField.all.map(\.name)))
    for field in RecipeField.all {
      guard let value = Self.others[field.name] else { continue }
      let recipe = try Self.read(field.name, value)
      #expect(recipe != Recipe() && field.json(recipe) == value, "\(field.name)")
      #expect(recipe.fields.contains { $0 == (field.name, value) }, "\(field.name)")
      for text in [recipe.json, recipe.completeJSON] {
        #expect(try Recipe(json: Data(text.utf8), file: "recipe") == recipe, "\(field.name)")
      }
    }
  }

  /// Catches: a default that is refused; later fields that older recipes' texts, and their digests, would have.
  @Test(arguments: Recipe.Geometry.allCases, Recipe.sizes)
  func defaultsAreAccepted(geometry: Recipe.Geometry, size: Int) throws {
    let recipe = Recipe(geometry: geometry, size: size, channels: 1)
    try recipe.validate(file: "recipe")
    #expect(recipe.fields.map(\.name) == (RecipeField.networks + RecipeField.training).map(\.name))
    let text = "{\"size\": \(size), \"channels\": 1, \"geometry\": \"\(geometry.rawValue)\"}"
    #expect(try Recipe(json: Data(text.utf8), file: "recipe") == recipe)
  }

  /// Catches: a range that is wider or narrower than it says, or a refusal that names another field.
  @Test func edgesOfRanges() throws {
    #expect(Set(Self.edges.keys) == Set(RecipeField.all.filter { !$0.range.isEmpty }.map(\.name)))
    for (name, edge) in Self.edges {
      for value in edge.taken {
        let mirror = name == "generatorWidths" ? "discriminatorWidths" : "generatorWidths"
        let with = name.hasSuffix("Widths") ? ", \"\(mirror)\": [8]" : ""
        #expect(throws: Never.self, "\(name) \(value)") {
          try Recipe(json: Data("{\"\(name)\": \(value)\(with)}".utf8), file: "recipe")
        }
      }
      for value in edge.refused {
        let error = #expect(throws: FileError.self, "\(name) \(value)") { try Self.read(name, value) }
        #expect(error?.field == name && error?.file == "recipe", "\(name) \(value)")
      }
    }
  }

  /// Catches: a word that is not taken, or another that is.
  @Test func choices() throws {
    for field in RecipeField.all where !field.choices.isEmpty {
      for choice in field.choices {
        #expect(field.json(try Self.read(field.name, "\"\(choice.name)\"")) == "\"\(choice.name)\"")
      }
      let error = #expect(throws: FileError.self) { try Self.read(field.name, "\"no\"") }
      #expect(error?.field == field.name && error?.wanted == field.kind)
    }
  }

  /// Catches: a page that is older than the list; `thimble train --document-recipe > docs/reference/recipe.md` renews it.
  @Test func pageIsTheListsOwn() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let page = try String(contentsOf: root.appendingPathComponent("docs/reference/recipe.md"), encoding: .utf8)
    #expect(page == RecipeReference.page)
  }
}
