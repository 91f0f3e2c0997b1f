import TrainingTestSupport
import Foundation
import Testing
import ThimbleKernelInterface
import ThimbleNetworks
import ThimbleStatistics
import ThimbleThreads
import ThimbleTraining

/// The page of a run, read as a browser would: as text with data in it.
@Suite struct ReportTests {
  /// The JSON that the page's script reads.
  private func data(_ page: String) throws -> [String: Any] {
    let start = try #require(page.range(of: "<script type=\"application/json\" id=\"data\">"))
    let end = try #require(page.range(of: "</script>", range: start.upperBound..<page.endIndex))
    let text = page[start.upperBound..<end.lowerBound]
    return try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  }

  private func points(_ data: [String: Any], _ chart: String, _ curve: Int) throws -> [[Double]] {
    let charts = try #require(data["charts"] as? [[String: Any]])
    let curves = try #require(charts.first { $0["id"] as? String == chart }?["curves"] as? [[String: Any]])
    return try #require(curves[curve]["points"] as? [[Double]])
  }

  /// Catches: curves or grids that are missing, wrong or cut at a resumption.
  @Test func wholeHistory() throws {
    let tiny = try TinyRun()
    try tiny.train("begun", tiny.recipe(), steps: 20, watch: tiny.everything)
    try tiny.copy("begun", to: "run")
    try tiny.train("run", tiny.recipe(), steps: 40, resume: true, watch: tiny.everything)
    let page = tiny.text("run/report.html")
    let data = try data(page)
    let metrics = tiny.text("run/metrics.jsonl").split(separator: "\n").compactMap { StepMetrics(line: $0) }
    #expect(metrics.map(\.step) == Array(1...40))
    for (chart, curve, number) in [
      ("loss", 0, { $0.report.discriminatorLoss.map(Double.init) }),
      ("loss", 1, { $0.report.generatorLoss.map(Double.init) }),
      ("score", 0, { $0.report.scoreOfReal.map(Double.init) }), ("gradient", 1, { $0.generatorGradient }),
      ("diversity", 0, { $0.diversity?.spread }), ("diversity", 1, { $0.diversity?.nearest }),
      ("speed", 0, { $0.imagesPerSecond }),
    ] as [(String, Int, (StepMetrics) -> Double?)] {
      let wanted = metrics.compactMap { line in number(line).map { (Double(line.step), $0) } }
      let found = try points(data, chart, curve)
      #expect(found.map { $0[0] } == wanted.map(\.0) && !found.isEmpty, "\(chart)")
      #expect(zip(found, wanted).allSatisfy { abs($0[1] - $1.1) <= 6e-4 * abs($1.1) }, "\(chart)")
    }
    let grids = try #require(data["grids"] as? [[String: Any]])
    #expect(grids.map { $0["step"] as? Int } == Array(stride(from: 0, through: 40, by: 5)))
    for grid in grids {
      let png = try #require((grid["png"] as? String).flatMap { Data(base64Encoded: $0) })
      let step = try #require(grid["step"] as? Int)
      #expect([UInt8](png) == tiny.bytes("run/grids/step-" + String("000000\(step)".suffix(7)) + ".png"))
    }
    #expect(page.contains(">finished<"))
    #expect(tiny.names("run").filter { $0.contains("report") } == ["report.html"])
  }

  /// Catches: text from files or arguments that becomes HTML or script, and anything that is fetched.
  @Test func hostileNames() throws {
    let name = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&\u{1}\u{202E}"
    let tiny = try TinyRun(name: name)
    var watch = tiny.everything
    watch.report = ReportContext(program: name, threads: 1, instructionSet: name, commands: { _ in [(name, name)] })
    try tiny.train("<b onclick='x'>run", tiny.recipe(), steps: 5, watch: watch)
    let page = tiny.text("<b onclick='x'>run/report.html")
    #expect(!page.contains("<script>alert") && !page.contains("<img src=x") && !page.contains("<b onclick"))
    #expect(page.contains("&lt;/script&gt;&lt;script&gt;alert(1)") && page.contains("&lt;b onclick=&#39;x&#39;&gt;run"))
    #expect(page.components(separatedBy: "<script").count == 3)
    #expect(!page.unicodeScalars.contains("\u{1}") && !page.unicodeScalars.contains("\u{202E}"))
    _ = try data(page)
    // The one address is the name of SVG's elements; the page's policy lets nothing in.
    #expect(page.components(separatedBy: "://").count == 2 && page.contains("http://www.w3.org/2000/svg"))
    #expect(page.contains("default-src 'none'; img-src data:"))
  }

  /// Catches: a page that grows with the run.
  @Test(arguments: [(300, 20_000, 40), (60, 700_000, 9), (3, 9_000_000, 1)])
  func bounded(count: Int, size: Int, shown: Int) throws {
    let tiny = try TinyRun()
    try tiny.train("begun", tiny.recipe(), steps: 400, watch: nil)
    try tiny.copy("begun", to: "run")
    for name in tiny.names("run/grids") { unlink("\(tiny.path)/run/grids/\(name)") }
    let picture = Data(repeating: 7, count: size)
    for grid in 0..<count {
      let path = tiny.folder("run").gridPath(step: grid)
      try picture.write(to: URL(fileURLWithPath: path))
    }
    // Nothing is left to train: the page is written from what is there.
    try tiny.train("run", tiny.recipe(), steps: 400, resume: true, watch: tiny.everything)
    let page = tiny.bytes("run/report.html")
    let grids = try #require(data(String(decoding: page, as: UTF8.self))["grids"] as? [[String: Any]])
    let steps = grids.compactMap { $0["step"] as? Int }
    #expect(steps.count == shown && steps.last == count - 1 && (shown == 1 || steps.first == 0))
    #expect(zip(steps, steps.dropFirst()).allSatisfy { $0 < $1 })
    // One picture may be larger than all should be: it is shown all the same.
    #expect(page.count < 10_000_000 || size > 6_500_000)
  }

  /// Catches: a page that calls noise well, that is not loaded again while the run goes on, or that is loaded for ever after it.
  @Test func standOfTheRun() throws {
    let tiny = try TinyRun()
    var pages: [String] = []
    let run = try TrainingRun(
      tiny.recipe(), dataset: tiny.dataset, folder: tiny.folder("run"), resume: false,
      options: TrainingOptions(steps: 20, gridEvery: 5, watch: tiny.everything), workers: Workers(count: 1),
      kernels: FloatKernels(.detected), warn: { _ in })
    let finished = try run.run(
      shouldStop: {
        pages.append(tiny.text("run/report.html"))
        return false
      }, onStep: { _ in }, onCheckpoint: { _ in }, warn: { _ in })
    let before = try #require(pages.last)
    #expect(finished && before.contains(">training<") && before.contains("<html lang=\"en\" data-refresh=\""))
    #expect(before.contains("too early to judge. Not known yet: whether samples will differ"))
    #expect(before.contains("<span>training</span>"))
    let after = tiny.text("run/report.html")
    #expect(after.contains(">finished<") && !after.contains("data-refresh=") && after.contains("<span>finished</span>"))
    #expect(after.contains("The training ended after 20 steps, too early to judge it. Not known yet:"))
    for page in [before, after] { #expect(!page.contains("class=\"well\"") && !page.contains("No warning")) }
    #expect(after.contains("Something to recognise needs about 2,000 steps"))
  }

  /// Catches: what is said of checks that there were not enough numbers for.
  @Test func judged() {
    var monitor = Monitor(generatorParameters: 100, discriminatorParameters: 100, limits: Monitor.Limits())
    for step in 1...500 {
      var metrics = StepMetrics(step: step)
      (metrics.report.discriminatorLoss, metrics.report.scoreOfReal, metrics.report.scoreOfGenerated) = (1, 0.6, 0.4)
      if step % 10 == 0 { (metrics.generatorGradient, metrics.discriminatorGradient) = (1, 1) }
      if step == 300 { metrics.diversity = Diversity(spread: 0.6, nearest: 0.6) }
      _ = monitor.take(metrics)
      let judged = monitor.judged
      #expect(judged.gradients == (step >= 200) && judged.diversity == (step >= 300) && judged.scores == (step >= 500))
    }
    #expect(monitor.warnings.isEmpty)
  }

  /// Catches: a training that cannot be enough and of which nothing is said, or one that can and is warned of.
  @Test(arguments: [
    (300, 50_000, ["300 images are few"]), (1999, 2000, ["1999 images are few"]), (2000, 2000, []),
    (70_000, 1999, ["1999 steps are few"]), (1, 1, ["1 image is few", "1 step is few"]),
  ]) func outlook(images: Int, steps: Int, starts: [String]) throws {
    let warnings = TrainingOutlook(Recipe(), imageCount: images, steps: steps).warnings
    #expect(warnings.count == starts.count && zip(warnings, starts).allSatisfy { $0.hasPrefix($1) }, "\(warnings)")
    // What would be enough: a pass has 546 minibatches.
    if images == 70_000 { #expect(warnings[0].contains("--steps 2000 (--passes 4)")) }
  }
}
