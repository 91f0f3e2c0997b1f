import Foundation
import Testing
import Thimble

/// Pixels and weights are a function of files and seeds, not of the machine's instruction set or the number of threads.
@Suite struct SameBytesTests {
  let made = Made.shared
  let folder = Folder()
  /// The sets that this build and this machine have.
  static let sets = InstructionSet.allCases.filter { $0.isBuiltIn && $0.isOffered }.map { "\($0.name)" }
  static let models =
    (0..<50).map { "\(Program.fixtures)/models/random-0\($0 < 10 ? "0" : "")\($0)" }
    + (0..<20).map { "\(Program.fixtures)/models/plan-0\($0 < 10 ? "0" : "")\($0)" }

  /// Catches: an instruction set or a share of threads that computes other pixels than the independent reference that wrote
  /// the golden files.
  @Test(arguments: models) func goldensOfTheReference(model: String) throws {
    let number = Int(model.suffix(3))!
    let environment = ["THIMBLE_ISA": Self.sets[number % Self.sets.count]]
    let threads = "\(number / 2 % 3 + 1)"
    try done(["verify", model + ".thimble", model + ".golden.txt", "--threads", threads], environment: environment)
  }

  /// Catches: one of the sets or one of the counts of threads that differs on one generator.
  @Test(arguments: sets, [1, 2, 3]) func samples(set: String, threads: Int) throws {
    let wanted = try done(["sample", made.generator, "0-9", "--raw"]).output
    let found = try done(
      ["sample", made.generator, "0-9", "--raw", "--threads", "\(threads)"], environment: ["THIMBLE_ISA": set])
    #expect(found.output == wanted)
    #expect(try done(["--version"], environment: ["THIMBLE_ISA": set]).text.contains("in force \(set)"))
  }

  /// Catches: training, freezing or export that depend on the instruction set or on threads.
  @Test(arguments: sets, [1, 2]) func trainedBytes(set: String, threads: Int) throws {
    let environment = ["THIMBLE_ISA": set]
    let run = folder["run"]
    try done(
      ["train", made.recipe, "--data", made.set, "--outdir", run, "--threads", "\(threads)"], environment: environment)
    #expect(bytes(of: run + "/checkpoint.safetensors") == bytes(of: made.checkpoint))
    #expect(bytes(of: run + "/grids/step-0000012.png") == bytes(of: made.run + "/grids/step-0000012.png"))
    try done(
      [
        "export", made.checkpoint, "-o", folder["g.thimble"], "--calibrate", "16", "--threads", "\(threads)",
      ], environment: environment)
    #expect(bytes(of: folder["g.thimble"]) == bytes(of: made.generator))
  }

  /// Catches: latents from files that are rounded, cut or ordered otherwise than those of seeds.
  @Test(arguments: [LatentDistribution.uniform, .normal]) func latentsFromFiles(distribution: LatentDistribution) throws
  {
    // Fixture 1 takes 100 normal numbers.
    let generator = distribution == .uniform ? made.generator : Self.models[1] + ".thimble"
    var rows: [Float] = []
    for seed in [UInt64(85), 7, 1 << 40] {
      var row = [Int16](repeating: 0, count: 100)
      var span = row.mutableSpan
      distribution.fill(&span, seed: seed)
      rows += row.map { Float($0) / 4096 }
    }
    let wanted = try done(["sample", generator, "85,7,\(1 << 40)", "--raw"]).output
    let plain = folder.write("rows.f32", raw(rows))
    #expect(try done(["sample", generator, "--latents", plain, "--raw"]).output == wanted)
    let tensor = folder.write("rows.safetensors", safetensors("latents", [3, 100], rows))
    #expect(try done(["sample", generator, "--latents", tensor, "--raw"]).output == wanted)
    try done(["sample", generator, "--latents", tensor, "--outdir", folder["out"], "--format", "raw"])
    #expect(names(in: folder["out"]) == ["latent0000.raw", "latent0001.raw", "latent0002.raw"])
  }
}
