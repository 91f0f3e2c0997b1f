import Foundation
import Testing

/// Outputs that are named like another format, and outputs that are symbolic links.
@Suite struct EndingTests {
  let made = Made.shared
  let folder = Folder()

  /// Commands that write one format: the words before the output, an ending that is theirs, and endings that are not.
  private var writers: [(words: [String], own: String, others: [String])] {
    let models = ["onnx", "pt", "pth", "h5", "tflite", "npz", "png", "JPG", "json", "zip"]
    return [
      (["export", made.checkpoint, "--calibrate", "16", "-o"], "thimble", models + ["safetensors"]),
      (["strip", made.checkpoint, "-o"], "safetensors", models + ["thimble"]),
      (["import", "\(Program.fixtures)/import/torch_example.safetensors", "-o"], "safetensors", models + ["thimble"]),
      (["dataset", "pack", made.idx, "--size", "16", "-o"], "safetensors", models + ["thimble", "tar"]),
      (["dataset", "sheet", made.set, "-o"], "png", ["jpg", "ppm", "safetensors"]),
      (["golden", made.generator, "--seeds", "1", "-o"], "txt", ["thimble", "json", "png"]),
      (["bundle", made.generator, "--emit", "c", "--name", "x", "-o"], "c", ["py", "thimble", "png"]),
      (["features", "--kind", "pixels", "--data", made.set, "-o"], "safetensors", ["npy", "csv", "thimble"]),
      (["bench", made.generator, "--latents", made.latents, "--seconds", "0", "-o"], "u8", ["png", "npy"]),
      (["sample", made.generator, "1", "--raw", "-o"], "raw", ["png", "ppm", "y4m", "npy", "thimble"]),
      (["sample", made.generator, "1", "--format", "png", "-o"], "png", ["ppm", "raw", "safetensors"]),
      (["sample", made.generator, "1", "--format", "safetensors", "-o"], "safetensors", ["png", "thimble"]),
      (["forget", made.checkpoint, "--sheet", "0-1", "-o"], "png", ["safetensors", "jpg"]),
      (["arithmetic", made.generator, "--sheet", "0-1", "-o"], "png", ["safetensors", "jpg"]),
    ]
  }

  /// Catches: a file that is not what its name says, or an output that is refused without need.
  @Test func endings() throws {
    for (words, own, others) in writers {
      for ending in others {
        let path = folder["out." + ending]
        let outcome = try run(words + [path])
        expectRefusal(outcome, 64, file: path, saying: "ending: found .\(ending.lowercased()), which means ")
        #expect(outcome.errorLines.last?.contains("\(folder["out"]).") == true, "\(outcome.errors)")
      }
      #expect(names(in: folder.path) == [], "\(words)")
      for name in ["out." + own, "out." + own.uppercased(), "out", "out.v2", "my.faces"]
      where words[0] != "sample" || name != "out.v2" {
        try done(words + [folder[name]])
        #expect(names(in: folder.path) == [name])
        unlink(folder[name])
      }
    }
  }

  /// Catches: a folder that is called like a file; one that is there already may be.
  @Test func folders() throws {
    let train = ["train", made.recipe, "--data", made.set, "--steps", "1", "--outdir"]
    for words in [train, ["sample", made.generator, "1", "--outdir"], ["walk", made.generator, "--outdir"]] {
      for name in ["faces.thimble", "faces.safetensors", "faces.png"] {
        expectRefusal(try run(words + [folder[name]]), 64, file: folder[name], saying: "the name of a folder")
      }
    }
    #expect(names(in: folder.path) == [])
    mkdir(folder["there.png"], 0o777)
    try done(train + [folder["there.png"]])
    try done(train + [folder["run.2"]])
  }

  /// Catches: a link that is replaced by the output, while the file that it leads to stays as it was.
  @Test func links() throws {
    for (words, own, _) in writers {
      let target = folder.write("target", "old")
      symlink("target", folder["link." + own])
      try done(words + [folder["link." + own]])
      let there = try? FileManager.default.destinationOfSymbolicLink(atPath: folder["link." + own])
      #expect(there == "target" && text(of: target) != "old" && !bytes(of: target).isEmpty, "\(words)")
      #expect(names(in: folder.path) == ["link." + own, "target"])
      unlink(folder["link." + own])
    }
  }

  /// Catches: standard output, by its name, that is replaced by a file.
  @Test func standardOutput() throws {
    let shell = "'\(Program.path)' sample '\(made.generator)' 1 --raw -o /dev/stdout > '\(folder["out"])'"
    #expect(try Running("/bin/bash", ["-c", shell]).outcome().status == 0)
    #expect(bytes(of: folder["out"]) == (try done(["sample", made.generator, "1", "--raw"]).output))
    #expect((try? FileManager.default.destinationOfSymbolicLink(atPath: "/dev/stdout")) == "/proc/self/fd/1")
  }
}
