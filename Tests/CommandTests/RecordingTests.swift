import Foundation
import Testing

/// Recordings: how they are made, and which are refused. The packages are known to a dpkg-query of the tests' own.
@Suite struct RecordingTests {
  let made = Made.shared
  let folder = Folder()

  /// A shipped folder whose images belong to a package `stripes`, version 1.
  private func recorded(_ more: [String] = []) throws -> String {
    folder.write("shipped/recipe.json", Made.recipeText)
    folder.write("package/images.idx", bytes(of: made.idx))
    try system(version: "1")
    let outcome = try reproduce(
      ["--record", "--images", folder["package/images.idx"], "--data-name", "stripes", "--licence", "CC0"]
        + ["--calibrate", "16", "--digests", "2,5"] + more)
    #expect(outcome.status == 0, "\(outcome.errors)")
    try? FileManager.default.removeItem(atPath: folder["run"])
    return folder["shipped"]
  }

  /// Lets dpkg-query know the package in this version, or not at all.
  private func system(version: String?) throws {
    let path = folder.write(
      "bin/dpkg-query",
      """
      #!/bin/sh
      [ -n "\(version ?? "")" ] || exit 1
      case $1 in -S) echo "stripes: $2" ;; *) echo "installed \(version ?? "")" ;; esac
      """)
    chmod(path, 0o755)
  }

  private func reproduce(_ more: [String] = []) throws -> Outcome {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    return try run(
      ["reproduce", folder["shipped"], "--outdir", folder["run"]] + more,
      environment: ["PATH": "\(folder["bin"]):\(path)"])
  }

  /// Catches: a recording that is not what train, export and golden make, or that cannot be reproduced.
  @Test func recordsWhatWasShipped() throws {
    let shipped = try recorded()
    #expect(
      names(in: shipped) == [
        "generator.thimble", "golden.txt", "networks.safetensors", "provenance.json", "recipe.json",
      ])
    let recording = text(of: shipped + "/provenance.json")
    for line in [
      "\"package\": \"stripes\"", "\"version\": \"1\"", "{\"step\": 2, \"digest\": ", "{\"step\": 5,", "{\"step\": 12,",
      "\"generator\": \"\(try sha256(bytes(of: shipped + "/generator.thimble")))\"",
      "\"golden\": \"\(try sha256(bytes(of: shipped + "/golden.txt")))\"",
      "\"networks\": \"\(try sha256(bytes(of: shipped + "/networks.safetensors")))\"",
      "\"recipe\": \"\(try sha256(bytes(of: made.run + "/recipe.json")))\"",
    ] { #expect(recording.contains(line), "\(line)") }
    try done(["export", made.checkpoint, "-o", folder["g.thimble"], "--calibrate", "16", "--name", "shipped"])
    #expect(bytes(of: folder["g.thimble"]) == bytes(of: shipped + "/generator.thimble"))
    try done(["golden", folder["g.thimble"], "--seeds", "0-63", "-o", folder["golden.txt"]])
    #expect(bytes(of: folder["golden.txt"]) == bytes(of: shipped + "/golden.txt"))
    let checkpoint = try done(["inspect", made.checkpoint]).text
    let digest = try #require(checkpoint.split(separator: "\n").first { $0.hasPrefix("digest ") }?.suffix(64))
    #expect(recording.contains("{\"step\": 12, \"digest\": \"\(digest)\"}"))
    #expect(try reproduce().status == 0)
    // Once more, by what it says itself; and a part of it.
    try FileManager.default.removeItem(atPath: folder["run"])
    #expect(try reproduce(["--record"]).status == 0)
    #expect(text(of: shipped + "/provenance.json") == recording)
    try FileManager.default.removeItem(atPath: folder["run"])
    #expect(try reproduce(["--record", "--until", "3"]).status == 0)
    #expect(try reproduce().text.contains("the same up to step 3 of 12"))
  }

  /// Catches: data of another version that are told as a failure of the arithmetic, or not at all.
  @Test func otherPackages() throws {
    let shipped = try recorded()
    try system(version: "2")
    let same = try reproduce()
    #expect(same.status == 0 && same.errors.contains("recorded version 1, here 2; the pixels are the same"))
    try FileManager.default.removeItem(atPath: folder["run"])
    folder.write("package/images.idx", Made.idxBytes(phase: 1))
    let other = try reproduce()
    expectRefusal(other, 65, saying: "data differ: package stripes: found version 2 here")
    #expect(other.errors.contains("recorded version 1") && other.errors.contains("Nothing was trained"))
    try system(version: "1")
    #expect(try reproduce().errors.contains("dpkg --verify stripes"))
    // With the very set, no package is needed.
    try system(version: nil)
    try FileManager.default.removeItem(atPath: folder["package"])
    #expect(try reproduce(["--data", made.set]).status == 0)
    let none = try reproduce(["--outdir", folder["other"]])
    expectRefusal(none, 66, file: folder["package/images.idx"], saying: "package stripes: found not installed")
    #expect(none.errors.contains("sudo apt-get install stripes"))
    // Another set; and the right pixels under another name, which the generator would carry.
    let set = try Made.set(folder, "moved", phase: 1)
    expectRefusal(try reproduce(["--data", set]), 65, file: set, saying: "data differ: digest")
    let named = try Made.set(folder, "named")
    expectRefusal(try reproduce(["--data", named]), 65, file: named, saying: "name: found named, wanted stripes")
    #expect(exists(shipped))
  }

  /// Catches: a provenance.json that is believed although it says nothing, or the wrong thing.
  @Test(arguments: [
    ("\"format\": \"thimble-provenance 1\"", "\"format\": \"thimble-provenance 2\"", "format"),
    ("\"arithmetic\": 1", "\"arithmetic\": \"1\"", "arithmetic"),
    ("\"arithmetic\": 1", "\"arithmetic\": 0.5", "arithmetic"),
    ("\"arithmetic\"", "\"arithmetics\"", "arithmetic"), ("\"recipe\": \"", "\"recipe\": \"A", "recipe"),
    ("\"data\": {", "\"data\": 5, \"other\": {", "data"), ("\"digest\"", "\"digests\"", "data.digest"),
    ("\"name\": \"stripes\"", "\"name\": \"\"", "data.name"),
    ("\"licence\": \"CC0\"", "\"licence\": 0", "data.licence"),
    ("\"package\": \"stripes\"", "\"package\": \"-W\"", "data.package"),
    ("\"version\": \"1\"", "\"version\": \"1 2\"", "data.version"),
    ("\"version\": \"1\"", "\"versions\": \"1\"", "data.version"),
    ("\"files\": [\"/", "\"files\": [\"", "data.files"), ("\"files\": [\"/", "\"files\": [\"/../", "data.files"),
    ("\"files\": [\"", "\"files\": [5, \"", "data.files"), ("\"files\"", "\"file\"", "data.files"),
    ("\"step\": 2", "\"step\": 0", "steps[0].step"), ("\"step\": 5", "\"step\": 2", "steps[1].step"),
    ("\"step\": 2", "\"step\": 7", "steps[1].step"), ("\"step\": 5", "\"step\": null", "steps[1].step"),
    ("\"step\": 12", "\"step\": 13", "steps"), ("\"step\": 12", "\"step\": 11", "steps"),
    ("\"step\": 5, \"digest\": \"", "\"step\": 5, \"digest\": \"g", "steps[1].digest"),
    ("{\"step\": 5, \"digest\": ", "{\"step\": 5, \"extra\": ", "steps[1].digest"),
    ("\"steps\": [", "\"steps\": [[],", "steps[0]"), ("\"steps\"", "\"stops\"", "steps"),
    ("\"weights\": \"int8\"", "\"weights\": \"int2\"", "export.weights"),
    ("\"calibrate\": 16", "\"calibrate\": 15", "export.calibrate"),
    ("\"calibrate\": 16", "\"calibrate\": 16, \"arena\": -1", "export.arena"),
    ("\"export\"", "\"exports\"", "generator"), ("\"generator\"", "\"generators\"", "generator"),
    ("\"golden\": \"", "\"golden\": \"0", "golden"), ("\"golden\"", "\"silver\"", "silver"),
  ])
  func hostileFields(old: String, new: String, field: String) throws {
    let recording = Self.recording
    let place = try #require(recording.range(of: old))
    folder.write("shipped/recipe.json", Made.recipeText)
    let file = folder.write(
      "shipped/provenance.json", recording.replacingCharacters(in: place, with: new))
    expectRefusal(
      try reproduce(["--data", made.set]), 65, file: file, saying: ": \(field): found ")
  }

  /// Catches: files that are no recording at all.
  @Test func noRecordings() throws {
    folder.write("shipped/recipe.json", Made.recipeText)
    expectRefusal(try reproduce(), 66, file: folder["shipped/provenance.json"])
    for content in ["", "{", "[]", "{} {}", String(repeating: "[", count: 5000), "\0"] {
      let file = folder.write("shipped/provenance.json", content)
      expectRefusal(try reproduce(), 65, file: file)
    }
    folder.write("shipped/recipe.json", "")
    expectRefusal(try reproduce(), 65, file: folder["shipped/recipe.json"])
    #expect(!exists(folder["run"]))
  }

  /// Catches: options that contradict each other or the recording.
  @Test func usage() throws {
    try expectUsage(["reproduce"])
    try expectUsage(["reproduce", "a", "--until", "0"])
    try expectUsage(["reproduce", "a", "--images", "b"])
    try expectUsage(["reproduce", "a", "--record", "--digests", "1,x"])
    try expectUsage(["reproduce", "a", "--record", "--calibrate", "1"])
    try expectUsage(["reproduce", "a", "--record", "--images", "b", "--data", "c"])
    _ = try recorded()
    expectRefusal(try reproduce(["--until", "13"]), 64, file: "options", saying: "--until")
    try FileManager.default.removeItem(atPath: folder["shipped/provenance.json"])
    expectRefusal(try reproduce(["--record"]), 64, file: folder["shipped"], saying: "--images")
    try system(version: nil)
    expectRefusal(
      try reproduce(["--record", "--images", made.idx]), 64, file: made.idx, saying: "one Debian package")
  }

  /// One recording for all cases of hostile fields.
  private static let recording: String = {
    let tests = RecordingTests()
    return (try? tests.recorded()).map { CommandTests.text(of: $0 + "/provenance.json") } ?? ""
  }()
}
