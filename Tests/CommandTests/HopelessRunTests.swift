import Foundation
import Testing
import ThimbleStorage

/// Runs that cannot come to a good end: too large for the memory, or learning so fast that their numbers overflow.
@Suite struct HopelessRunTests {
  let made = Made.shared
  let folder = Folder()

  /// Catches: a run that goes on with numbers that are none, that does not say where and when they came up, or that keeps no
  /// checkpoint from before. Adam's steps are of a size of 1 here, and of 1e44 where a gradient's square underflows.
  @Test func diverged() throws {
    let changes = """
      , "learningRate": 1, "beta2": 0, "weightDecay": 0, "adamEpsilon": 1e-44, "batchNormEpsilon": 1e-44, "schedule": "both"}
      """
    let fast = Made.recipeText.replacing("}", with: changes)
    let train = ["train", folder.write("fast.json", fast), "--data", made.set, "--outdir", folder["run"]]
    let outcome = try run(train + ["--checkpoint-every", "1"])
    expectRefusal(outcome, 65, file: folder["run"], saying: "found a number that is not finite")
    let match = try #require(
      outcome.errors.firstMatch(
        of: /(output|gradient|value|moment) of (generator|discriminator)\.([a-z0-9.]+) at step (\d+):/))
    let step = try #require(Int(match.4))
    #expect(step > 1)
    #expect(text(of: folder["run/log.txt"]).contains("diverged at step \(step): "))
    #expect(text(of: folder["run/report.html"]).contains("<b>divergence</b> Step \(step): "))
    #expect(try metricsSteps(folder["run"]) == Array(1..<step))
    let last = folder["run/checkpoints/step-\(String("000000\(step - 1)".suffix(7))).safetensors"]
    let file = try SafetensorsFile(path: last)
    #expect(file.tensors[String("\(match.2).\(match.3)")] != nil || match.1 == "output")
    #expect(!file.tensors.isEmpty)
    for tensor in file.tensors.values { #expect(tensor.floats().allSatisfy { $0.isFinite }) }
    #expect(!exists(folder["run/checkpoints/step-\(String("000000\(step)".suffix(7))).safetensors"]))
    #expect(!exists(folder["run/checkpoint.safetensors"]))
    // It goes the same way once more.
    let again = try run(["train", "--data", made.set, "--outdir", folder["run"], "--resume"])
    expectRefusal(again, 65, file: folder["run"], saying: String(match.0))
  }

  /// Catches: a dry run of networks that fit no machine (400 GB) and that keeps it to itself, or does not say the number.
  @Test func tooLarge() throws {
    let widths = "4096,4096,2048,1024,512"
    let outcome = try run(["train", "--size", "128", "--widths", widths, "--batch", "4096", "--dry-run"])
    expectRefusal(outcome, 64, file: "recipe", saying: "memory: found ")
    let number = /found \d{6} MB for a minibatch of 4096, wanted at most nine tenths of the \d+ MB that/
    #expect(outcome.errors.contains(number), "\(outcome.errors)")
    #expect(outcome.text.contains("MB for the networks"))
  }

  /// Catches: a limit of the shell's that is not heeded before the first step.
  @Test func addressLimit() throws {
    let large = folder.write(
      "large.json", "{\"size\": 16, \"channels\": 1, \"generatorWidths\": [2048, 1024], \"batchSize\": 64}")
    for more in [[], ["--dry-run"]] {
      let outcome = try Running(
        "/bin/bash",
        [
          "-c", "ulimit -v 1500000; exec \"$0\" \"$@\"", Program.path, "train", large, "--data", made.set, "--outdir",
          folder["run"],
        ] + more
      ).outcome()
      expectRefusal(outcome, 64, file: "recipe", saying: "`ulimit -v`")
      #expect(!exists(folder["run"]))
    }
  }
}
