import TrainingTestSupport
import ThimbleStudies
import Foundation
import Testing
import ThimbleNetworks
import ThimbleTraining

@Suite struct GuidelineTests {
  /// Each guideline is another recipe, and one that networks can be built from. Catches: two that are the same, one that breaks two
  /// rules, a seed that is not taken.
  @Test func everyGuidelineIsARecipeOfItsOwn() throws {
    let base = Recipe(geometry: .common, size: 32, channels: 1)
    let recipes = Guideline.all.map { $0.recipe(base, seed: 7) }
    #expect(Set(recipes.map(\.json)).count == recipes.count && recipes.allSatisfy { $0.seed == 7 })
    for recipe in recipes { try recipe.validate(file: "recipe") }
    var paper = recipes[0]
    paper.seed = base.seed
    #expect(paper == base)
    // Dense layers come to both networks.
    for (guideline, recipe) in zip(Guideline.all, recipes).dropFirst() {
      let changed = Set(recipe.fields.map { "\($0.name) \($0.value)" }).subtracting(
        recipes[0].fields.map { "\($0.name) \($0.value)" })
      #expect(changed.count == (guideline.name == "hidden" ? 2 : 1), "\(guideline.name): \(changed)")
    }
  }

  /// Every guideline trains on a tiny set, goes on where it was stopped, and is on the page.
  @Test func eachTrainsAndIsOnThePage() throws {
    let tiny = try TinyRun()
    var outcomes: [(guideline: Guideline, runs: [GuidelineOutcome])] = []
    for guideline in Guideline.all {
      for geometry in Recipe.Geometry.allCases {
        let recipe = guideline.recipe(tiny.recipe(geometry), seed: 3)
        let name = "\(guideline.name)-\(geometry)"
        try tiny.train(name, recipe, steps: 8, measureEvery: 2, stopAt: 5, watch: WatchOptions())
        try tiny.copy(name, to: name + "-on")
        try tiny.train(name + "-on", recipe, steps: 8, resume: true, measureEvery: 2, watch: WatchOptions())
        let outcome = try GuidelineOutcome(folder: tiny.folder(name + "-on"), upTo: 8, divergence: nil)
        #expect(outcome.distances.map(\.step) == [2, 4, 6, 8] && outcome.last == outcome.distances[3].value)
        #expect(outcome.distances.allSatisfy { $0.value.isFinite && $0.value > 0 })
        if geometry == .common { outcomes.append((guideline, [outcome])) }
      }
    }
    let page = GuidelinePage(command: "thimble study", data: "stripes", steps: 8, outcomes: outcomes)
    for guideline in Guideline.all { #expect(page.text.contains("| \(guideline.title) | \(guideline.claim) |")) }
    let others = GuidelinePage(
      command: "thimble study", data: "stripes", steps: 8, outcomes: outcomes.filter { $0.guideline.name == "head" })
    #expect(!others.text.contains("never") && others.text.contains("not among these"))
    #expect(page.curves.components(separatedBy: "<polyline").count == Guideline.all.count + 1)
  }

  @Test func figuresOfAnOutcome() throws {
    let tiny = try TinyRun()
    let folder = tiny.folder("given")
    try folder.create()
    let values = [9.0, 4, 2, 1, 3, 2]
    let lines = values.enumerated().map {
      "{\"step\": \($0 + 1), \"pass\": 0.5, \"diversity\": \($0 == 5 ? 0.1 : 0.9), \"nearest\": 0.5, \"distance\": \($1)}\n"
    }
    try Data(lines.joined().utf8).write(to: URL(fileURLWithPath: folder.metricsPath))
    let outcome = try GuidelineOutcome(folder: folder, upTo: 6, divergence: nil)
    #expect(outcome.last == 2 && outcome.least == 1 && outcome.isAlike)
    #expect(outcome.step(reaching: 2) == 3 && outcome.step(reaching: 0.5) == nil)
    // The second half is 1, 3, 2: it goes up by 2, and its mean is 2.
    #expect(outcome.unrest == 1)
    #expect(try GuidelineOutcome(folder: folder, upTo: 4, divergence: nil).last == 1)
    #expect(try GuidelineOutcome(folder: folder, upTo: 6, divergence: "loss").last == nil)
  }

  /// Catches: a set's name that becomes a link, a picture, a heading's end, HTML or an address on the page.
  @Test func hostileNames() throws {
    for (name, wanted) in [
      ("[x](http://a) ![y]", "\\[x\\]\\(http\\://a\\) \\!\\[y\\]"), ("\\*a*", "\\\\\\*a\\*"),
      ("<b>&amp;", "&lt;b&gt;&amp;amp;"), ("a|b_c~d`e`", "a\\|b\\_c\\~d\\`e\\`"), ("WWW.x.y", "WWW\\.x.y"),
      ("me@x.y", "me\\@x.y"), ("$a$ # b", "\\$a\\$ \\# b"), ("a\u{202E}b\nc", "a?b?c"),
      ("Fashion-MNIST 1.2", "Fashion-MNIST 1.2"),
    ] { #expect(GuidelinePage.plain(name) == wanted) }
  }
}
