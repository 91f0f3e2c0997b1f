import ArgumentParser
import Foundation
import Thimble
import SamplerSupport
import ThimbleSampling
import ThimbleStorage

struct GoldenCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "golden", abstract: "Write a golden file: digests of a generator's images, for `verify`.",
    usage: "thimble golden <generator> --seeds <seeds> --output <output> [<options>]")

  @Argument(help: "A .thimble file.") var generator: String
  @Option(help: "Seeds, such as 0-63.") var seeds: SeedList
  @Option(name: .shortAndLong, help: "The golden file to write.") var output: String
  @OptionGroup var compute: ComputeOptions

  func run() throws {
    try OutputKind.text.check(output)
    let digests = try GoldenFile.digests(generator, seeds.seeds, workers: compute.workers)
    try GoldenFile.write(digests, seeds.seeds, to: output)
    print("\(output): \(digests.count) digests")
  }
}

struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Check that a generator makes exactly the pixels of its golden file.")

  @Argument(help: "A .thimble file.") var generator: String
  @Argument(help: "A golden file: lines of `sha256-of-the-pixels  seed`.") var golden: String
  @OptionGroup var compute: ComputeOptions

  func run() throws {
    let lines = try GoldenFile.read(golden)
    let digests = try GoldenFile.digests(generator, lines.map(\.seed), workers: compute.workers)
    for (line, digest) in zip(lines, digests) where line.digest != digest {
      throw FileError(
        .badData, file: generator, field: "pixels of seed \(line.seed)", found: digest, wanted: line.digest,
        advice: "The golden file was made from another generator, or this build computes wrong results.")
    }
    print("\(generator): \(lines.count) images as in \(golden) (\(try InstructionSet.current().name))")
  }
}
