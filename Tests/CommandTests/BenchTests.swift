import Foundation
import Testing

/// `thimble bench`: the protocol of the comparison, the table, and what is refused. No test looks at how long anything took.
@Suite struct BenchTests {
  let made = Made.shared
  let folder = Folder()

  private func json(_ outcome: Outcome) throws -> [String: Double] {
    let line = try #require(outcome.text.split(separator: "\n").last)
    return try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Double])
  }

  /// Catches: images in another order or of other latents, rows left over that are dropped, fields that readers of the
  /// protocol miss.
  @Test(arguments: [1, 3, 8, 16], [1, 2]) func protocolOfComparisons(batch: Int, threads: Int) throws {
    let wanted = try done(["sample", made.generator, "--latents", made.latents, "--raw"]).output
    let arguments = [
      "bench", made.generator, "--json", "--latents", made.latents, "-o", folder["images.u8"], "--batch", "\(batch)",
      "--threads", "\(threads)", "--warmup", "1", "--seconds",
    ]
    let cold = try json(done(arguments + ["0"]))
    #expect(cold.keys.sorted() == ["first_image_ms"] && cold["first_image_ms"]! > 0)
    #expect(bytes(of: folder["images.u8"]) == wanted)
    // 8 rows are there: a run of 16 cannot be timed.
    if batch == 16 { return expectRefusal(try run(arguments + ["0.01"]), 65, file: made.latents, saying: "8 rows") }
    let timed = try json(done(arguments + ["0.01"]))
    #expect(timed["runs"]! >= 3 && timed["first_image_ms"]! > 0)
    #expect(timed["min_ms"]! > 0 && timed["min_ms"]! <= timed["median_ms"]!)
    #expect(bytes(of: folder["images.u8"]) == wanted)
  }

  /// The lines of the table, in words, and the whole text.
  private func table(_ more: [String], _ environment: [String: String] = [:]) throws -> (rows: [[String]], text: String)
  {
    let text = try done(["bench", made.generator, "--seconds", "0.005"] + more, environment: environment).text
    let lines = text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    return (lines.filter { $0.count > 3 && ["dense", "deconv"].contains($0[1]) }, text)
  }

  /// Catches: work that is counted otherwise than by kernel x kernel / stride^2 taps, bytes that are not those of weights
  /// and maps.
  @Test func whatIsCounted() throws {
    let (rows, text) = try table(["--threads", "1"])
    try #require(rows.count == 3)
    #expect(rows[0][..<6] == ["0", "dense", "1x1x100", "4x4x16", "-", "0.026"])
    #expect(rows[1][..<6] == ["1", "deconv", "4x4x16", "8x8x8", "5x5/2", "0.051"])
    #expect(rows[2][..<6] == ["2", "deconv", "8x8x8", "16x16x1", "5x5/2", "0.013"])
    // Weights for 16 outputs and 16 inputs, maps of 16 channels but for the pixels, two planes of 128 bytes of latents.
    let moved: [Int] = [16 * 25 * 64 + 256 + 256, 25 * 256 + 256 + 1024, 25 * 256 + 1024 + 256]
    #expect(rows.map { Int($0[$0.count - 2]) } == moved)
    for word in ["computed by", "load", "first image", "memory", "whole runs", "0.09 MMAC", "peak"] {
      #expect(text.contains(word), "\(word)")
    }
  }

  /// Catches: data for programs that differ from what people are shown.
  @Test func layersAsData() throws {
    let rows = try table(["--threads", "1"]).rows
    let text = try done(["bench", made.generator, "--seconds", "0.005", "--threads", "1", "--json"]).text
    let object = try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    let layers = try #require(object["layers"] as? [[String: Any]])
    #expect(layers.map { $0["crc32c"] as? String } == rows.map { $0.last })
    #expect(layers.map { $0["macs"] as? Int } == [25_600, 51_200, 12_800])
    #expect(object["batch"] as? Int == 1 && object["threads"] as? Int == 1)
    #expect(object["median_ms"] is Double && object["first_image_ms"] is Double)
  }

  /// Catches: checksums that are of something else than the layers' outputs of seed 0.
  @Test(arguments: SameBytesTests.sets) func checksums(set: String) throws {
    let pixels = try done(["sample", made.generator, "0", "--raw"]).output
    let wanted = try table([]).rows.map { $0.last! }
    #expect(Set(wanted).count == 3)
    #expect(UInt32(wanted[2], radix: 16) == crc32c(pixels))
    for more in [["--batch", "5"], ["--threads", "1"], ["--threads", "2", "--batch", "2"]] {
      #expect(try table(more, ["THIMBLE_ISA": set]).rows.map { $0.last! } == wanted)
    }
  }

  /// CRC-32C bit by bit, by its definition.
  private func crc32c(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(0xFFFF_FFFF as UInt32) { crc, byte in
      (0..<8).reduce(crc ^ UInt32(byte)) { crc, _ in crc >> 1 ^ (crc & 1 == 1 ? 0x82F6_3B78 : 0) }
    }
  }

  /// Catches: numbers that make no sense and are taken.
  @Test func badNumbers() throws {
    for more in [
      ["--batch", "0"], ["--batch", "-1"], ["--batch", "65537"], ["--threads", "0"], ["--threads", "1025"],
      ["--seconds", "-1"], ["--seconds", "nan"], ["--seconds", "inf"], ["--warmup", "-1"], ["-o", folder["images.u8"]],
    ] {
      try expectUsage(["bench", made.generator] + more)
    }
    #expect(names(in: folder.path) == [])
  }

  /// Catches: files of another kind, latents that do not fit, outputs that replace an input.
  @Test func badFiles() throws {
    expectRefusal(try run(["bench", folder["none.thimble"]]), 66, file: folder["none.thimble"])
    let checkpoint = try run(["bench", made.checkpoint])
    expectRefusal(checkpoint, 65, file: made.checkpoint, saying: "an exported generator")
    #expect(checkpoint.errors.contains("thimble export"))
    let row = [Float](repeating: 0.5, count: 100)
    for (name, numbers) in [("narrow", Array(row[..<99])), ("nan", row.dropLast() + [.nan]), ("empty", [])] {
      let path = folder.write("\(name).f32", raw(Array(numbers)))
      expectRefusal(
        try run(["bench", made.generator, "--json", "--latents", path, "-o", folder["out"]]), 65, file: path)
    }
    #expect(!exists(folder["out"]))
    for path in [made.generator, made.latents] {
      expectRefusal(try run(["bench", made.generator, "--latents", made.latents, "-o", path]), 64, file: path)
    }
  }
}
