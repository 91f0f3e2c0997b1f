import Foundation
import Testing

/// Features and classifiers as a user runs them, on networks of a few steps.
@Suite struct FeatureCommandTests {
  let made = Made.shared
  let folder = Folder()

  /// Two classes, upright stripes and slanting ones: `count` images of each.
  private func labelled(_ name: String, count: Int, phase: Int = 0) throws -> String {
    var images: [UInt8] = [0, 0, 8, 3, 0, 0, 0, UInt8(2 * count), 0, 0, 0, 16, 0, 0, 0, 16]
    for n in 0..<(2 * count) {
      for i in 0..<256 { images.append(UInt8((i % 16 * 29 + (n % 2) * (i / 16) * 31 + n * 7 + phase) % 256)) }
    }
    let path = folder.write("\(name)-images-idx3-ubyte", images)
    folder.write(
      "\(name)-labels-idx1-ubyte",
      [0, 0, 8, 1, 0, 0, 0, UInt8(2 * count)] + (0..<(2 * count)).map { UInt8($0 % 2 + 3) })
    try done(["dataset", "pack", path, "-o", folder["\(name).safetensors"], "--size", "16"])
    return folder["\(name).safetensors"]
  }

  private func features(
    _ arguments: [String], _ set: String, _ name: String, saying summary: String = ""
  ) throws -> String {
    let outcome = try done(["features"] + arguments + ["--data", set, "-o", folder[name]])
    #expect(outcome.text.contains(" features of each of ") && outcome.text.contains("(" + summary))
    return folder[name]
  }

  /// Every kind of features, classified. Catches: labels lost on the way, statistics of the test set, a kind that is another.
  @Test(arguments: [
    ("trained", "discriminator, "), ("random", "discriminator of random weights, "), ("pixels", "pixels"),
    ("kmeans", "12 k-means centroids"),
  ]) func kinds(kind: String, summary: String) throws {
    let (train, test) = (try labelled("train", count: 40), try labelled("test", count: 30, phase: 3))
    let checkpoint = kind == "trained" || kind == "random" ? [made.checkpoint] : []
    let more =
      ["--kind", kind] + (kind == "pixels" ? [] : ["--statistics", train])
      + (kind == "kmeans" ? ["--centroids", "12"] : [])
    let first = try features(checkpoint + more, train, "a", saying: summary)
    let second = try features(checkpoint + more, test, "b", saying: summary)
    let outcome = try done(["classify", first, second, "--predictions", folder["labels.txt"]])
    let last = try #require(outcome.text.split(separator: "\n").last)
    let predicted = text(of: folder["labels.txt"]).split(separator: "\n")
    #expect(predicted.count == 60)
    let right = predicted.indices.count { predicted[$0] == ($0 % 2 == 0 ? "3" : "4") }
    // Stripes that move are not told by single pixels.
    #expect(kind == "pixels" || right == 60)
    #expect(last.contains(String(format: "all labels: %.2f %% right", 100 * Double(right) / 60)), "\(last)")
    let few = try done(["classify", first, second, "--labels", "20", "--draws", "5", "--choosing-draws", "2"])
    #expect(few.text.contains("10 labels a class, 5 draws: "))
    try done(["classify", first, second, "--export", folder["text"]])
    let lines = text(of: folder["text/test.txt"]).split(separator: "\n")
    #expect(lines.count == 60 && lines[1].hasPrefix("4 1:"))
  }

  /// Numbers of classes mean nothing where names differ. Catches: boots that are tested as sandals.
  @Test func namesOfClasses() throws {
    func named(_ name: String, _ classes: [String]) throws -> String {
      for (number, one) in classes.enumerated() {
        try done(["sample", made.generator, "\(3 * number)-\(3 * number + 2)", "--outdir", folder["\(name)/\(one)"]])
      }
      try done(["dataset", "pack", folder[name], "-o", folder[name + ".set"], "--size", "16", "--grey"])
      return folder[name + ".set"]
    }
    let (first, second) = (try named("first", ["boot", "shirt"]), try named("second", ["sandal", "shirt"]))
    let train = try features(["--kind", "pixels"], first, "train")
    let test = try features(["--kind", "pixels"], second, "test")
    expectRefusal(try run(["classify", train, test]), 65, file: test, saying: "labelNames: found sandal, shirt")
    expectRefusal(try run(["neighbours", first, second]), 65, file: second, saying: "labelNames: found sandal, shirt")
    try done(["neighbours", first, first])
    // Sorted by class: the first three are boots.
    #expect(try done(["neighbours", first, first, "--samples", "3"]).text.contains("by the nearest of 3 of"))
  }

  @Test func refusals() throws {
    let set = try labelled("train", count: 20)
    let pixels = try features(["--kind", "pixels"], set, "pixels")
    let trained = try features([made.checkpoint], set, "trained")
    let other = try features([made.checkpoint, "--statistics", made.set], set, "other")
    let unlabelled = try features([made.checkpoint], made.set, "unlabelled")
    for (first, second) in [(trained, pixels), (trained, other)] {
      expectRefusal(try run(["classify", first, second]), 65, file: second, saying: "extractor")
    }
    let shifted = try run(["features", made.checkpoint, "--data", set, "--shifts", "2,4096", "-o", unlabelled])
    expectRefusal(shifted, 64, file: set, saying: "--shifts")
    expectRefusal(try run(["classify", trained, unlabelled]), 65, file: unlabelled, saying: "labels")
    expectRefusal(try run(["classify", set, trained]), 65, file: set, saying: "format")
    expectRefusal(try run(["classify", trained, trained, "--per-class", "21"]), 65, file: trained, saying: "labels")
    expectRefusal(try run(["classify", trained, trained, "--labels", "3"]), 64, file: trained, saying: "--labels")
    try expectUsage(["classify", trained, trained, "--penalties", "0.1,,1"])
    try expectUsage(["classify", trained, trained, "--labels", "4", "--per-class", "2"])
    for more in [
      ["--labels", "4", "--export", folder["new"]], ["--penalties", "1", "--export", folder["new"]], ["--draws", "7"],
      ["--choosing-draws", "3"],
    ] { try expectUsage(["classify", trained, trained] + more) }
    let edge = try done(["classify", trained, trained, "--penalties", "1e-9,1e-8"])
    #expect(edge.errors.contains("smallest or largest value tried") && edge.errors.contains("hold the same images"))
    let all = ["classify", trained, trained, "--per-class", "20", "--draws", "2"]
    expectRefusal(try run(all), 65, file: trained, saying: "each draw uses all")
    #expect(try done(all + ["--penalties", "0.1"]).text.contains("C 0.1, 20 labels a class, 2 draws: "))

    let to = ["-o", folder["new"]]
    expectRefusal(try run(["features", made.set, "--data", set] + to), 65, file: made.set, saying: "a checkpoint")
    let small = try Made.set(folder, "small", side: 8)
    expectRefusal(try run(["features", made.checkpoint, "--data", small] + to), 65, file: small, saying: "images")
    expectRefusal(try run(["features", "--kind", "kmeans", "--data", small] + to), 65, file: small, saying: "images")
    expectRefusal(
      try run(["features", made.checkpoint, "--data", set, "--statistics", small] + to), 65, file: small,
      saying: "images")
    expectRefusal(try run(["features", made.checkpoint, "--data", set, "-o", set]), 64, file: set)
    try expectUsage(["features", "--data", set] + to)
    try expectUsage(["features", made.checkpoint, "--centroids", "9", "--data", set] + to)
    try expectUsage(["features", "--kind", "pixels", "--statistics", set, "--data", set] + to)
    try expectUsage(["features", made.checkpoint, "--kind", "pixels", "--data", set] + to)
    let page = folder.write("README.md", "mine")
    expectRefusal(
      try run(["study", "guidelines", "--data", set, "--outdir", folder.path]), 73, file: page, saying: "page")
    #expect(text(of: folder["README.md"]) == "mine")
    #expect(!exists(folder["new"]))
  }
}
