import Foundation
import Testing

/// What people see: help, in 80 columns; the line that shows how far a command is, in terminals of several widths.
@Suite struct TerminalTests {
  let made = Made.shared
  let folder = Folder()

  /// The program in a terminal of so many columns: what it shows, line after line, each as often as it is written over.
  private func shown(_ columns: Int, _ arguments: [String]) throws -> [[String]] {
    let words = ([Program.path] + arguments).map { "'\($0)'" }.joined(separator: " ")
    let outcome = try Running(
      "/usr/bin/script", ["-qefc", "stty cols \(columns) rows 24; \(words)", "/dev/null"]
    ).outcome()
    #expect(outcome.status == 0, "\(outcome.text)")
    return outcome.text.components(separatedBy: "\r\n").map { line in
      line.components(separatedBy: "\r\u{1B}[K").filter { !$0.isEmpty }
    }
  }

  /// Catches: a line that is cut before its losses or wraps, and checkpoints that fill what can be scrolled back.
  @Test(arguments: [200, 120, 80, 60, 40, 20]) func training(columns: Int) throws {
    let lines = try shown(
      columns,
      [
        "train", made.recipe, "--data", made.set, "--outdir", folder["run"], "--steps", "4000", "--checkpoint-every",
        "20",
      ])
    let frames = lines.flatMap { $0 }.filter { $0.contains("step ") && $0.contains("/4000") }
    #expect(frames.count > 3 && frames.last?.contains("step 4000/4000") == true, "\(lines.suffix(5))")
    for frame in frames {
      #expect(frame.count < columns, "\(frame)")
      #expect(!frame.contains("…") && !frame.hasSuffix(" "), "\(frame)")
      if columns >= 60 { #expect(frame.contains(/loss D [0-9.-]+ G [0-9.-]+/), "\(frame)") }
      if columns >= 200 { #expect(frame.contains("pass ") && frame.contains("D(G(z)) ")) }
    }
    #expect(columns < 120 || frames.contains { $0.contains(/saved [0-9]+0/) })
    #expect(!lines.contains { $0.contains { $0.contains("checkpoint: ") } })
    #expect(lines.count < 14, "\(lines)")
  }

  /// Catches: a line that stops short of the last number.
  @Test func packing() throws {
    let lines = try shown(80, ["dataset", "pack", made.idx, "-o", folder["out.safetensors"], "--size", "16"])
    #expect(lines.flatMap { $0 }.last { $0.hasPrefix("packing") } == "packing  64 of 64 pictures", "\(lines)")
    let export = try shown(80, ["export", made.checkpoint, "-o", folder["out.thimble"], "--calibrate", "16"])
    let ranges = export.flatMap { $0 }.last { $0.hasPrefix("choosing ranges") }
    let numbers = try #require(ranges?.firstMatch(of: /([0-9]+) of ([0-9]+)/))
    #expect(numbers.1 == numbers.2)
  }

  private struct Help: Decodable {
    struct Argument: Decodable {
      var valueName: String
      var defaultValue: String?
      var abstract: String?
    }
    var commandName: String
    var superCommands: [String]?
    var subcommands: [Help]?
    var arguments: [Argument]?
    var all: [Help] { [self] + (subcommands ?? []).flatMap(\.all) }
  }
  private struct Dump: Decodable { var command: Help }

  /// Catches: help that is wider than a terminal, and defaults in the words of the program's source.
  @Test func help() throws {
    let dump = try done(["--experimental-dump-help"]).output
    let commands = try JSONDecoder().decode(Dump.self, from: Data(dump)).command.all.filter { $0.commandName != "help" }
    #expect(commands.count > 25)
    var defaults = 0
    for command in commands {
      for argument in command.arguments ?? [] {
        guard let value = argument.defaultValue else { continue }
        defaults += 1
        #expect(
          value.wholeMatch(of: /[A-Za-z0-9.,-]+/) != nil, "\(command.commandName) \(argument.valueName): \(value)")
        // Told once.
        #expect(
          argument.abstract?.contains("(default: \(value))") != true, "\(command.commandName) \(argument.valueName)")
      }
      let words = ((command.superCommands ?? []) + [command.commandName]).dropFirst()
      let text = try done(Array(words) + ["--help"]).text
      for line in text.split(separator: "\n") { #expect(line.count <= 80, "\(words): \(line)") }
      // An example is not broken.
      #expect(!text.contains(/\n  thimble [^\n]*\n[^\s]/), "\(words)")
    }
    #expect(defaults > 25)
    #expect(try done(["walk", "--help"]).text.contains("(default: 0-8)"))
  }

  /// The board's help is a page of its own.
  @Test(.withBoardSampler) func boardHelp() throws {
    for line in try BoardSampler.done(["--help"]).text.split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
  }

  /// Catches: a short training, or one on few images, that begins without a word; words that come once more at each resumption.
  @Test func warnings() throws {
    let train = ["train", "--data", made.set, "--outdir", folder["run"]]
    let lines = try done(train + [made.recipe, "--steps", "4"]).errorLines
    let begin = try #require(lines.firstIndex { $0.contains("training: ") })
    #expect(lines[..<begin].contains { $0.contains("warning: 64 images are few") })
    #expect(lines[..<begin].contains { $0.contains("warning: 4 steps are few") })
    #expect(lines[..<begin].contains { $0.contains("--steps 2000 (--passes 500)") && $0.count < 80 })
    #expect(try !done(train + ["--resume"]).errors.contains("few"))
  }

  private func commands(_ run: String) -> String {
    let page = text(of: folder[run + "/report.html"]).components(separatedBy: "What to do next</h2>").last ?? ""
    return String(page.prefix { $0 != "\n" }).replacing(/<\/?span>/, with: "")
  }

  /// Catches: a page that offers what does nothing, or the last networks where others were better.
  @Test func whatToDoNext() throws {
    let train = ["train", "--data", made.set, "--outdir", folder["run"]]
    try done(train + [made.recipe])
    let plain = commands("run")
    #expect(plain.contains("export \(folder["run/checkpoint.safetensors"]) -o "), "\(plain)")
    #expect(plain.contains("Train twice as long") && plain.contains("--resume --steps 24"))
    try FileManager.default.removeItem(atPath: folder["run"])
    try done(train + [made.recipe, "--measure-every", "4"])
    let measured = commands("run")
    #expect(measured.contains("export \(folder["run/best.safetensors"]) -o "), "\(measured)")
    let line = try #require(measured.firstMatch(of: /<pre>\S+thimble (train .* --resume --steps 24[^<]*)<\/pre>/)?.1)
    try done(line.split(separator: " ").map(String.init))
    #expect(try metricsSteps(folder["run"]) == Array(1...24))
  }
}
