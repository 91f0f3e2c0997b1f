import ArgumentParser
import Foundation
import Thimble
import ThimbleBundling
import ThimbleSampling
import ThimbleStorage

struct BundleCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bundle", abstract: "Make one file to ship: a program with the generator inside, or a C array.",
    usage: "thimble bundle <generator> --output <output> [<options>]",
    discussion: """
      The program is a copy of the sampler that tools/boards/build makes for a target, with the generator added as a \
      read-only segment. It is static and needs no other file. It takes the arguments of thimble-sample, except \
      GENERATOR.

        thimble bundle faces.thimble --target aarch64 -o faces
        ./faces 85 -o face.ppm                        on the board
        thimble bundle faces.thimble --emit c -o faces.c
      """)

  enum Emission: String, ExpressibleByArgument, CaseIterable { case program, c }

  @Argument(help: "A .thimble file.") var generator: String
  @Option(name: .shortAndLong, help: "The file to write.") var output: String
  @Option(help: "A program for a board, or a C array for firmware.") var emit = Emission.program
  @Option(help: "The processor that the program is for.") var target: BoardTarget?
  @Option(
    help: ArgumentHelp(
      "The sampler to copy (default: .build-boards/TARGET/thimble-sample, here or where this program was built).",
      valueName: "file"))
  var sampler: String?
  @Option(help: "The C array's name (default: the output's name without its ending).") var name: String?

  func validate() throws {
    switch emit {
    case .program:
      if target == nil { throw ValidationError("name the processor with --target: x86_64, aarch64, armv7 or riscv64") }
      if name != nil { throw ValidationError("--name needs --emit c") }
    case .c:
      if target != nil || sampler != nil { throw ValidationError("--emit c takes neither --target nor --sampler") }
      if let reason = SourceText.refusal(ofName: arrayName) {
        throw ValidationError(
          "the array cannot be called '\(FileError.printable(arrayName))': \(reason); give it another name with --name")
      }
    }
  }

  private var arrayName: String {
    name ?? ((output as NSString).lastPathComponent as NSString).deletingPathExtension
  }

  func run() throws {
    try refuseSameFile(generator, output)
    try (emit == .c ? OutputKind.source : .program).check(output)
    let model = try Model.open(generator)
    guard emit == .program, let target else {
      let file = try AtomicFile(path: output)
      try SourceText(name: arrayName).write(model, to: file)
      try file.commit()
      return print(unsafe "\(output): \(model.bytes.count) bytes as the array \(arrayName)")
    }
    let path = try sampler ?? builtSampler(target)
    try refuseSameFile(path, output)
    let sampler = try Sampler(path: path, target: target)
    let file = try AtomicFile(path: output)
    try unsafe sampler.write(with: model.bytes, to: file)
    try file.makeExecutable()
    try file.commit()
    print(unsafe "\(output): a program for \(target), \(model.bytes.count) bytes of generator in it")
  }

  /// The sampler below the working folder, or below a folder that this program lies in.
  private func builtSampler(_ target: BoardTarget) throws(FileError) -> String {
    let path = ".build-boards/\(target)/thimble-sample"
    if FileManager.default.fileExists(atPath: path) { return path }
    var folder = ((try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? "") as NSString
    while folder.length > 1 {
      folder = folder.deletingLastPathComponent as NSString
      let candidate = folder.appendingPathComponent(path)
      if FileManager.default.fileExists(atPath: candidate) { return candidate }
    }
    throw FileError(
      .missing, file: path, field: "sampler", found: "no file", wanted: "the sampler for \(target)",
      advice: "Build it with tools/boards/build \(target), or name one with --sampler.")
  }
}

extension BoardTarget: ExpressibleByArgument {}
