import Foundation
import ThimbleStatistics
import ThimbleStorage

/// A run's page as one HTML text: it asks for nothing from outside, and runs no script but its own.
struct ReportPage {
  let report: Report
  let stand: Report.Stand
  private let grids: [(step: Int, png: Data)]

  init(_ report: Report, _ stand: Report.Stand, grids: [(step: Int, png: Data)]) {
    self.report = report
    self.stand = stand
    self.grids = grids
  }

  /// A text from anywhere as HTML that shows it, in elements and in quoted attributes.
  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      // What HTML cannot hold.
      case "\t", "\n": result.unicodeScalars.append(scalar)
      default: result += FileError.isPrintable(scalar) ? String(scalar) : "?"
      }
    }
    return result
  }

  private var title: String {
    report.folder.path.split(separator: "/").last.map(String.init) ?? report.folder.path
  }

  var html: String {
    """
    <!doctype html>
    <html lang="en"\(stand == .training ? " data-refresh=\"\(Self.refreshSeconds)\"" : "")>
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
    <title>\(Self.escaped(title)) - Thimble</title>
    <style>\(Self.style)</style>
    </head>
    <body>
    \(header)
    <main>
    \(tiles)
    \(findings)
    <div class="upper">
    \(samples)
    \(curves)
    </div>
    \(commands)
    \(facts)
    </main>
    <script type="application/json" id="data">\(data)</script>
    <script>\(Self.script)</script>
    </body>
    </html>

    """
  }

  private static let refreshSeconds = 20
  private var refreshing: String {
    stand == .training ? "; this page loads itself again every \(Self.refreshSeconds) seconds" : ""
  }

  private var header: String {
    let names = report.data.filter { $0.name == "name" }.map(\.value).joined()
    let date = ISO8601DateFormatter().string(from: Date())
    return """
      <header>
      <h1>\(Self.escaped(title)) <span class="stand \(stand.rawValue)">\(stand.rawValue)</span></h1>
      <p>A DCGAN of \(report.recipe.size)x\(report.recipe.size) images, trained on \(Self.escaped(names)). Written \(date)\(refreshing).</p>
      <div class="bar" role="progressbar" aria-label="steps" aria-valuemin="0" aria-valuemax="\(report.totalSteps)" aria-valuenow="\(report.step)">
      <div style="width:\(Decimals.text(100 * Double(report.step) / Double(max(1, report.totalSteps)), digits: 4))%"></div></div>
      </header>
      """
  }

  private var tiles: String {
    let left = Double(max(0, report.totalSteps - report.step)) * Double(report.recipe.batchSize)
    let isRunning = stand == .training && report.imagesPerSecond > 0
    func last(_ name: String, _ digits: Int) -> String {
      report.curves[name]?.latest.map { Decimals.text($0, digits: digits) } ?? "–"
    }
    var tiles: [(String, String, String)] = [
      ("step", "\(report.step)", "of \(report.totalSteps)"),
      (
        "pass", Decimals.text(Double(report.step) / Double(max(1, report.stepsPerPass)), digits: 3),
        "\(report.stepsPerPass) steps each"
      ),
      ("images per second", Decimals.text(report.imagesPerSecond.rounded(), digits: 6), "over the last steps"),
      (
        "time", Decimals.duration(report.seconds),
        isRunning ? "\(Decimals.duration(left / report.imagesPerSecond)) left" : "computing time"
      ),
      ("diversity", last("diversity", 2), "of the diversity of real images"),
    ]
    if let best = report.best {
      tiles.append(
        ("distance", last("distance", 4), "\(Decimals.text(best.distance, digits: 4)) at best, step \(best.step)"))
    }
    return "<section class=\"tiles\">"
      + tiles.map { "<div><b>\($0.0)</b><strong>\($0.1)</strong><small>\($0.2)</small></div>" }.joined()
      + "</section>"
  }

  private var samples: String {
    guard let last = grids.last else { return "" }
    let latest = "data:image/png;base64,\(last.png.base64EncodedString())"
    return """
      <section class="card samples"><h2>Samples of the same latents</h2>
      <img id="grid" alt="samples at step \(last.step)" src="\(latest)">
      <div class="slide"><button id="play" aria-label="play">&#9654;</button>
      <input id="slider" type="range" min="0" max="\(grids.count - 1)" value="\(grids.count - 1)" aria-label="grid">
      <output id="at">step \(last.step)</output></div></section>
      """
  }

  private var curves: String {
    "<section class=\"curves\">"
      + charts.map { "<figure class=\"card\" id=\"\($0.id)\"><figcaption>\($0.title)</figcaption></figure>" }
      .joined()
      + "</section>"
  }

  private var facts: String {
    let machine = [
      ("program", report.context.program), ("instructions", report.context.instructionSet),
      ("threads", "\(report.context.threads)"), ("processor", report.processor),
    ]
    let recipe = report.recipe.fields.map { ($0.name, $0.value) }
    let half = (recipe.count + 1) / 2
    return "<div class=\"facts\">" + card("Recipe", table(Array(recipe[..<half])) + table(Array(recipe[half...])))
      + "<div>" + card("Data", table(report.data.map { ($0.name, $0.value) })) + card("Machine", table(machine))
      + "</div></div>"
  }

  private func card(_ title: String, _ content: String) -> String {
    "<section class=\"card\"><h2>\(title)</h2><div class=\"tables\">\(content)</div></section>"
  }

  private func table(_ rows: [(String, String)]) -> String {
    "<table>" + rows.map { "<tr><th>\(Self.escaped($0.0))</th><td>\(Self.escaped($0.1))</td></tr>" }.joined()
      + "</table>"
  }

  private var commands: String {
    // A line breaks between words, not within them.
    func words(_ line: String) -> String {
      line.split(separator: " ", omittingEmptySubsequences: false).map { "<span>\(Self.escaped(String($0)))</span>" }
        .joined(separator: " ")
    }
    return "<section class=\"card\"><h2>What to do next</h2>"
      + report.context.commands(report.situation(stand)).map {
        "<h3>\(Self.escaped($0.title))</h3><pre>\(words($0.line))</pre>"
      }.joined()
      + "</section>"
  }

  /// The charts, with their curves by name, label and colour.
  private static let charts: [(id: String, title: String, scale: String, curves: [(String, String, Int)])] = [
    ("loss", "Losses", "zero", [("lossD", "D", 1), ("lossG", "G", 2)]),
    ("score", "Scores of the discriminator", "unit", [("scoreReal", "real", 1), ("scoreGenerated", "generated", 2)]),
    (
      "diversity", "Diversity of samples / diversity of real images", "zero",
      [("diversity", "all pairs", 3), ("nearest", "nearest pairs", 4)]
    ),
    ("distance", "Frechet distance of samples to the set", "zero", [("distance", "of 2,048", 3)]),
    ("gradient", "Norms of gradients", "log", [("gradientD", "D", 1), ("gradientG", "G", 2)]),
    ("speed", "Images per second", "zero", [("imagesPerSecond", "images/s", 5)]),
  ]

  /// Those that show something: not every run measures its distance.
  private var charts: [(id: String, title: String, scale: String, curves: [(String, String, Int)])] {
    Self.charts.filter { $0.id != "distance" || report.curves["distance"] != nil }
  }

  /// The curves and grids as JSON for the script.
  private var data: String {
    let charts = charts.map { chart in
      let curves = chart.curves.map { name, label, color in
        "{\"label\":\"\(label)\",\"color\":\(color),\"points\":\(report.curves[name]?.json ?? "[]")}"
      }
      return "{\"id\":\"\(chart.id)\",\"scale\":\"\(chart.scale)\",\"curves\":[\(curves.joined(separator: ","))]}"
    }
    let grids = grids.map { "{\"step\":\($0.step),\"png\":\"\($0.png.base64EncodedString())\"}" }
    return
      "{\"step\":\(report.step),\"charts\":[\(charts.joined(separator: ","))],\"grids\":[\(grids.joined(separator: ","))]}"
  }
}
