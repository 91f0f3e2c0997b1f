import Foundation
import Testing

/// What others have put into a run's folder: it stays, and no link leads out.
@Suite struct OthersFilesTests {
  let made = Made.shared
  let folder = Folder()

  private func train(_ more: [String]) -> [String] {
    ["train", "--data", made.set, "--outdir", folder["run"], "--checkpoint-every", "2"] + more
  }

  /// Catches: a resumption that removes what the run has not written.
  @Test func temporaryNames() throws {
    try done(train([made.recipe, "--steps", "4"]))
    let ended = try Running("/bin/true", [])
    _ = ended.outcome()
    let (dead, living) = (ended.process.processIdentifier, getpid())
    let kept = [
      "run/old.tmp-backup/notes.txt", "run/pack.safetensors.tmp-\(living)-1", "run/pack.safetensors.tmp-\(dead)-1",
      "run/log.txt.tmp-\(living)-1", "run/log.txt.tmp-mine", "run/checkpoints/.tmp-/file", "run/grids/a.tmp-b",
      "run/checkpoints/step-4.safetensors",
    ]
    let gone = [
      "run/log.txt.tmp-\(dead)-1", "run/checkpoint.safetensors.tmp-\(dead)-7",
      "run/checkpoints/step-0000006.safetensors.tmp-\(dead)-2", "run/grids/step-0000006.png.tmp-\(dead)-3",
    ]
    for name in kept + gone { folder.write(name, "mine") }
    try done(train(["--resume"]))
    for name in kept { #expect(text(of: folder[name]) == "mine", "\(name)") }
    for name in gone { #expect(!exists(folder[name]), "\(name)") }
    #expect(sameBytes(folder["run/checkpoint.safetensors"], made.checkpoint))
  }

  /// Catches: a link in a run's folder that is followed: a private file that becomes a readable copy, or is written to.
  @Test(arguments: [
    "log.txt", "metrics.jsonl", "recipe.json", "report.html", "best.safetensors", "checkpoint.safetensors", "grids",
    "checkpoints", "tensorboard", "grids/step-0000000.png", "checkpoints/step-0000004.safetensors",
  ]) func links(name: String) throws {
    let isFolder = !name.contains(".")
    let target = isFolder ? folder["private"] : folder.write("private", "secret")
    if isFolder { mkdir(target, 0o700) }
    for resume in [false, true] {
      if resume {
        try done(train([made.recipe, "--steps", "4"]))
      } else {
        folder.write("run/\((name as NSString).deletingLastPathComponent)/x", "")
      }
      try? FileManager.default.removeItem(atPath: folder["run/" + name])
      symlink(target, folder["run/" + name])
      let outcome = try run(train(resume ? ["--resume"] : [made.recipe, "--steps", "4"]))
      expectRefusal(outcome, 73, file: folder["run/" + name], saying: "found a symbolic link to \(target)")
      #expect((try? FileManager.default.destinationOfSymbolicLink(atPath: folder["run/" + name])) == target)
      #expect(isFolder ? names(in: target).isEmpty : text(of: target) == "secret")
      try FileManager.default.removeItem(atPath: folder["run"])
    }
  }

  /// A folder may itself be a link: to a larger disk. Catches: a run that refuses that.
  @Test func linkToTheFolder() throws {
    mkdir(folder["large"], 0o777)
    symlink("large", folder["run"])
    try done(train([made.recipe]))
    #expect(sameBytes(folder["large/checkpoint.safetensors"], made.checkpoint))
  }

  /// Catches: a new run that writes over, or removes, the results of another one.
  @Test(arguments: [
    "best.safetensors", "checkpoint.safetensors", "report.html", "metrics.jsonl", "grids/step-0000007.png",
  ])
  func leftovers(name: String) throws {
    let path = folder.write("run/" + name, "mine")
    expectRefusal(try run(train([made.recipe])), 73, file: folder["run"], saying: "a file of another run: \(path)")
    #expect(text(of: path) == "mine")
  }

  /// Catches: checkpoints that `--keep-every` kept and that a resumption without the option removes.
  @Test func keptCheckpoints() throws {
    func kept() -> [Int] { names(in: folder["run/checkpoints"]).compactMap { Int($0.dropFirst(5).dropLast(12)) } }
    try done(train([made.recipe, "--steps", "30", "--keep-every", "10"]))
    #expect(kept() == [4, 10, 20, 26, 28, 30])
    try done(train(["--steps", "40", "--resume"]))
    #expect(kept() == [4, 10, 20, 36, 38, 40])
  }
}
