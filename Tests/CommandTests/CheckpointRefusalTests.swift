import Foundation
import Testing
import ThimbleStorage

/// Bad checkpoints and bad files to import.
@Suite struct CheckpointRefusalTests {
  let made = Made.shared
  let folder = Folder()

  private func refused(_ path: String, _ status: Int32) throws {
    for arguments in [
      ["sample", path, "1", "-o", folder["out.raw"]], ["inspect", path],
      ["export", path, "-o", folder["out.thimble"], "--calibrate", "16"], ["import", path, "-o", folder["out.st"]],
    ] {
      expectRefusal(try run(arguments), status, file: path)
      #expect(names(in: folder.path).filter { $0.hasPrefix("out") } == [])
    }
  }

  /// Catches: a checkpoint that is missing, empty, cut, too long, of another kind or damaged, and yet used.
  @Test func badCheckpoints() throws {
    let whole = bytes(of: made.checkpoint)
    var flipped = whole
    flipped[whole.count - 1000] ^= 4
    try refused(folder["none"], 66)
    for (name, bytes) in [
      ("empty", []), ("short", Array(whole[..<7])), ("header", Array(whole[..<100])), ("cut", Array(whole.dropLast())),
      ("long", whole + [0]), ("foreign", Made.idxBytes()), ("set", bytes(of: made.set)), ("flipped", flipped),
      ("generator", Array("thimble".utf8) + bytes(of: made.generator)[7...]),
    ] {
      try refused(folder.write(name, bytes), 65)
    }
    try refused(folder.sparse("oversized", byteCount: 1 << 33), 65)
  }

  /// A safetensors file of the fixture's tensors, with its header changed.
  private func changed(_ name: String, _ replace: (inout [String: Any]) -> Void) throws -> String {
    let whole = bytes(of: "\(Program.fixtures)/import/peers_layout.safetensors")
    let count = Int(whole[..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    var header = try #require(try JSONSerialization.jsonObject(with: Data(whole[8..<(8 + count)])) as? [String: Any])
    replace(&header)
    let json = [UInt8](try JSONSerialization.data(withJSONObject: header))
    let length = withUnsafeBytes(of: UInt64(json.count).littleEndian) { Array($0) }
    return folder.write(name, length + json + whole[(8 + count)...])
  }

  /// Catches: a foreign generator whose description or shapes do not fit together, and that is read all the same.
  @Test func badImports() throws {
    try done(["import", try changed("whole", { _ in }), "-o", folder["good"]])
    let changes: [(String, (inout [String: Any]) -> Void)] = [
      ("metadata", { $0["__metadata__"] = nil }),
      ("geometry", { $0["__metadata__"] = ["geometry": "9", "latent": "normal", "bn_eps": "1e-5"] }),
      ("name", { $0["deconv9.weight"] = $0.removeValue(forKey: "deconv1.weight") }),
      ("type", { Self.set("dtype", "F64", of: "project.weight", in: &$0) }),
      ("shape", { Self.set("shape", [1, 2, 3], of: "project.weight", in: &$0) }),
      ("huge", { Self.set("shape", [1 << 40, 1 << 40], of: "project.weight", in: &$0) }),
      ("offsets", { Self.set("data_offsets", [0, 1 << 50], of: "project.weight", in: &$0) }),
      ("negative", { Self.set("data_offsets", [-4, 0], of: "project.weight", in: &$0) }),
    ]
    for (name, change) in changes {
      let path = try changed(name, change)
      expectRefusal(try run(["import", path, "-o", folder["out"]]), 65, file: path)
      #expect(!exists(folder["out"]))
    }
  }

  private static func set(_ key: String, _ value: Any, of name: String, in header: inout [String: Any]) {
    var entry = header[name] as? [String: Any] ?? [:]
    entry[key] = value
    header[name] = entry
  }

  /// Catches: weights that are not finite and become an exported generator.
  @Test func weightsThatAreNoNumbers() throws {
    var whole = bytes(of: "\(Program.fixtures)/import/peers_layout.safetensors")
    whole[(whole.count - 4)...].replaceSubrange(whole.indices.suffix(4), with: raw([.nan]))
    let path = folder.write("nan", whole)
    expectRefusal(try run(["import", path, "-o", folder["out"]]), 65, file: path, saying: "nan")
  }

  /// Catches: white pictures of sums that overflowed.
  @Test func weightsThatOverflow() throws {
    var whole = bytes(of: "\(Program.fixtures)/import/peers_layout.safetensors")
    let last = raw((0..<600).map { $0 % 2 == 0 ? 3e38 : -3e38 })
    // Those of the last layer, before its three biases.
    whole.replaceSubrange(whole.indices.dropLast(12).suffix(last.count), with: last)
    let path = folder.write("overflow", whole)
    expectRefusal(try run(["sample", path, "0-3", "--raw"]), 65, file: path, saying: "not finite")
  }

  /// Catches: options of export that are taken in silence, or a file that is written although its arena is too small.
  @Test func exportOptions() throws {
    let output = folder["out.thimble"]
    for options in [
      ["--calibrate", "0"], ["--calibrate", "15"], ["--calibrate", "70000"], ["--weights", "int2"], ["--arena", "x"],
      ["--arena", "0"], ["--arena", "-5"],
    ] {
      try expectUsage(["export", made.checkpoint, "-o", output] + options)
    }
    try expectUsage(["export", made.checkpoint])
    let outcome = try run(["export", made.checkpoint, "-o", output, "--calibrate", "16", "--arena", "511"])
    expectRefusal(outcome, 64, saying: "at least ")
    #expect(!exists(output))
    // The smallest that the message names does; a byte less does not.
    let words = outcome.errorLines.suffix(2).first!.split { !$0.isNumber }
    let smallest = try #require(words.last.flatMap { Int($0) })
    try done(["export", made.checkpoint, "-o", output, "--calibrate", "16", "--arena", "\(smallest)"])
    let less = try run(["export", made.checkpoint, "-o", output, "--calibrate", "16", "--arena", "\(smallest - 1)"])
    expectRefusal(less, 64, saying: "at least \(smallest)")
  }

  /// Catches: a budget that changes pixels, that is not kept, or that is not used where it is large.
  @Test func exportWithinBudgets() throws {
    let source = folder["source.safetensors"]
    try done(["import", "\(Program.fixtures)/import/torch_example.safetensors", "-o", source])
    var (goldens, sizes): (Set<String>, [Int]) = ([], [])
    for budget in [1 << 20, 6144, 5120, 4096, 3072, 2048] {
      let output = folder["\(budget).thimble"]
      let exported = try run(["export", source, "-o", output, "--calibrate", "16", "--arena", "\(budget)"])
      if exported.status == 64 { continue }
      let line = try #require(exported.text.split(separator: "\n").last { $0.hasPrefix("arena") })
      let size = try #require(line.split(separator: " ").dropFirst().first.flatMap { Int($0) })
      #expect(size <= budget)
      sizes.append(size)
      if budget == 1 << 20 { #expect(line.contains("whole layers")) }
      try done(["golden", output, "--seeds", "0-7", "-o", folder["golden.txt"]])
      goldens.insert(text(of: folder["golden.txt"]))
      #expect(try done(["inspect", output]).text.contains("\(size) bytes: "))
    }
    #expect(goldens.count == 1)
    #expect(sizes.count >= 3 && sizes == sizes.sorted(by: >) && Set(sizes).count >= 3, "\(sizes)")
  }
}
