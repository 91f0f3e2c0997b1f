import Foundation
import Testing

/// What a command must not destroy or leave behind: its inputs, hours of work, and parts of files.
@Suite struct LostWorkTests {
  let made = Made.shared
  let folder = Folder()

  /// Catches: an output that is a file which is read without being named.
  @Test func inputsThatAreNotNamedAreKept() throws {
    try done(["sample", made.generator, "0-2", "--outdir", folder["pictures"]])
    let picture = folder["pictures/seed0001.png"]
    let images = folder.write("a-images-idx3-ubyte", Made.idxBytes(count: 3))
    let labels = folder.write("a-labels-idx1-ubyte", [0, 0, 8, 1, 0, 0, 0, 3, 0, 1, 2])
    for (input, output, words) in [
      (folder["pictures"], picture, "ending"), (images, labels, "output"), (images, images, "output"),
    ] {
      let before = bytes(of: output)
      expectRefusal(
        try run(["dataset", "pack", input, "-o", output, "--size", "16"]), 64, file: output, saying: words)
      #expect(bytes(of: output) == before)
    }
    let latents = folder.write(
      "latents.safetensors", safetensors("latents", [1, 100], [Float](repeating: 0, count: 100)))
    let before = bytes(of: latents)
    expectRefusal(try run(["sample", made.generator, "--latents", latents, "-o", latents]), 64, file: latents)
    #expect(bytes(of: latents) == before)
  }

  /// Catches: a folder that is not there, found out when all is calculated.
  @Test func placesToWriteAreLookedAtFirst() throws {
    let images = folder.write("a-images-idx3-ubyte", Made.idxBytes(count: 8))
    folder.write("a-labels-idx1-ubyte", [0, 0, 8, 1, 0, 0, 0, 8] + (0..<8).map { $0 % 2 })
    try done(["dataset", "pack", images, "-o", folder["set"], "--size", "16"])
    let lost = folder["nowhere/file"]
    let features = try run(["features", "--kind", "kmeans", "--data", folder["set"], "-o", lost])
    expectRefusal(features, 73, file: lost)
    #expect(!features.errors.contains("k-means"))
    try done(["features", "--kind", "pixels", "--data", folder["set"], "-o", folder["pixels"]])
    let classes = try run(["classify", folder["pixels"], folder["pixels"], "--predictions", lost])
    expectRefusal(classes, 73, file: lost)
    #expect(classes.output.isEmpty)
  }

  /// Catches: temporary files, of the size of a set, that nobody takes away.
  @Test func anInterruptedWriterLeavesNothing() throws {
    let images = folder.write("many-images-idx3-ubyte", Made.idxBytes(count: 60_000, side: 8))
    folder.write("out/other", "mine")
    let running = try Running(Program.path, ["dataset", "pack", images, "-o", folder["out/set"], "--size", "128"])
    while running.process.isRunning, names(in: folder["out"]) == ["other"] { usleep(1000) }
    kill(running.process.processIdentifier, SIGTERM)
    #expect(running.outcome().status == -SIGTERM)
    #expect(names(in: folder["out"]) == ["other"])
  }
}
