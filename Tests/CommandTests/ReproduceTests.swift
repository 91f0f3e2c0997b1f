import Foundation
import Testing
import Thimble

/// Two small recipes, one of each geometry, trained again and compared with digests that were recorded once and committed:
/// minibatches that are no multiple of a shard, channels that are no multiple of 16, colour and grey, both schedules.
@Suite struct ReproduceTests {
  static let recipes = ["authors", "common"]
  let folder = Folder()

  private static let fixtures = Program.fixtures + "/reproduce"

  /// The sets with f32 kernels of their own; one that this machine lacks is told and passed over.
  private static let sets: [String] = ["v3", "v4vnni"].filter { name in
    let here = InstructionSet.allCases.contains { "\($0.name)" == name && $0.isBuiltIn && $0.isOffered }
    if !here { print("reproduce: not tried on \(name): this machine lacks the set") }
    return here
  }

  private func reproduce(_ name: String, _ more: [String], set: String? = nil) throws -> Outcome {
    try run(
      ["reproduce", "\(Self.fixtures)/\(name)", "--outdir", folder["run"], "--even-beyond-processors"] + more,
      environment: set.map { ["THIMBLE_ISA": $0] } ?? [:])
  }

  /// Catches: sums whose order follows threads, tiles or registers; whatever lets 200 steps, freezing, export or pixels differ
  /// between machines. Three and eight are more shares of the work than most test machines have processors.
  @Test(arguments: recipes, [1, 2, 3, 8]) func sameBytes(name: String, threads: Int) throws {
    for set in Self.sets {
      let outcome = try reproduce(name, ["--threads", "\(threads)"], set: set)
      #expect(outcome.status == 0, "\(set), \(threads) threads: \(outcome.errors)")
      let lines = outcome.text.split(separator: "\n")
      #expect(lines.last?.hasSuffix("\(name): reproduced") == true)
      // The recipe, the data, five steps, the generator, the golden file; and the end.
      #expect(lines.count == 10 && lines.dropLast().allSatisfy { $0.contains(" same, ") }, "\(outcome.text)")
      try FileManager.default.removeItem(atPath: folder["run"])
    }
  }

  /// Catches: kernels of the baseline, which calls a function for each fused multiply-add, that differ from the others. It is slow:
  /// five steps.
  @Test(arguments: recipes) func sameBytesWithoutFusedInstructions(name: String) throws {
    let outcome = try reproduce(name, ["--threads", "3", "--until", "5"], set: "portable")
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.text.contains("the same up to step 5 of 200"))
  }

  /// Catches: an interruption that shows in the numbers, or after which the digests of before are forgotten.
  @Test func goesOn() throws {
    #expect(try reproduce("common", ["--until", "3"]).text.contains("step 3       not recorded, "))
    let outcome = try reproduce("common", [])
    #expect(outcome.status == 0 && outcome.errors.contains("resuming at step 3"), "\(outcome.errors)")
    #expect(outcome.text.split(separator: "\n").count == 10)
    // It has passed that step.
    expectRefusal(try reproduce("common", ["--until", "3"]), 64, file: folder["run"], saying: "at most 3")
  }

  /// Catches: Ctrl-C that loses the run, or that is taken for a result.
  @Test func interruption() throws {
    let errors = folder.write("errors", "")
    let running = try Running(
      Program.path, ["reproduce", "\(Self.fixtures)/authors", "--outdir", folder["run"]],
      environment: ["THIMBLE_ISA": "portable"], errorsPath: errors)
    while !text(of: errors).contains("step 1/200") && running.process.isRunning { usleep(10_000) }
    running.process.interrupt()
    #expect(running.outcome().status == 75)
    #expect(text(of: errors).contains("run the same command again"))
    #expect(try reproduce("authors", []).status == 0)
  }

  /// Catches: a difference that is passed over, that does not end the training, or whose place is told wrongly.
  @Test func differenceOnTheWay() throws {
    let copy = try copy("common") {
      $0.replacing("\"step\": 50, \"digest\": \"", with: "\"step\": 50, \"digest\": \"0").cut(50)
    }
    let outcome = try run(["reproduce", copy, "--outdir", folder["run"]])
    expectRefusal(outcome, 65, file: folder["run"], saying: "numbers after step 50")
    #expect(outcome.errorLines.last?.contains("between steps 6 and 50") == true, "\(outcome.errors)")
    #expect(outcome.errorLines.last?.contains("--until 27 ") == true)
    #expect(outcome.text.contains("step 5       same") && !outcome.text.contains("step 200"))
    #expect(names(in: folder["run/checkpoints"]).last == "step-0000050.safetensors")
    // And again, from where it ended.
    expectRefusal(try run(["reproduce", copy, "--outdir", folder["run"]]), 65, saying: "numbers after step 50")
  }

  /// Catches: a shipped generator or golden file that is not compared.
  @Test func differentFiles() throws {
    let copy = try copy("authors") { $0 }
    #expect(try run(["reproduce", copy, "--outdir", folder["run"]]).status == 0)
    var generator = bytes(of: folder["run/generator.thimble"])
    generator[70_000] ^= 1
    let shipped = folder.write("copy/generator.thimble", generator)
    expectRefusal(try run(["reproduce", copy, "--outdir", folder["run"]]), 65, file: shipped, saying: "byte 70000")
    try FileManager.default.removeItem(atPath: shipped)
    let golden = folder.write("copy/golden.txt", text(of: copy + "/golden.txt") + "\n")
    expectRefusal(try run(["reproduce", copy, "--outdir", folder["run"]]), 65, file: golden, saying: "SHA-256")
  }

  /// Catches: another recipe or another arithmetic that is trained all the same.
  @Test func otherRecipeOrArithmetic() throws {
    let copy = try copy("common") { $0.replacing("\"arithmetic\": ", with: "\"arithmetic\": 9") }
    let file = copy + "/provenance.json"
    expectRefusal(try run(["reproduce", copy, "--outdir", folder["run"]]), 65, file: file, saying: "arithmetic: found")
    let other = try self.copy("common") { $0 }
    let recipe = folder.write(
      "copy/recipe.json", text(of: other + "/recipe.json").replacing("\"seed\": 7", with: "\"seed\": 8"))
    expectRefusal(try run(["reproduce", other, "--outdir", folder["run"]]), 65, file: recipe, saying: "digest")
    #expect(!exists(folder["run"]))
  }

  /// A copy of a fixture's folder with another provenance.json.
  private func copy(_ name: String, _ change: (String) -> String) throws -> String {
    #expect(names(in: "\(Self.fixtures)/\(name)").contains("provenance.json"))
    for file in names(in: "\(Self.fixtures)/\(name)") where file != "generator.thimble" {
      folder.write("copy/" + file, bytes(of: "\(Self.fixtures)/\(name)/\(file)"))
    }
    folder.write("copy/provenance.json", change(text(of: folder["copy/provenance.json"])))
    return folder["copy"]
  }
}

extension String {
  /// Takes the last digit of a step's digest, to which another one was added.
  fileprivate func cut(_ step: Int) -> String {
    split(separator: "\n", omittingEmptySubsequences: false).map { line in
      line.contains("\"step\": \(step),") ? line.replacing("\"},", with: "},").dropLast(3) + "\"}," : String(line)
    }.joined(separator: "\n")
  }
}
