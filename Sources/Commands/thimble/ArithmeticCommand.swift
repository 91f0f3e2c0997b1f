import ArgumentParser
import Foundation
import Thimble
import ThimbleBatches
import ThimbleData
import ThimbleSampling
import ThimbleStorage
import ThimbleStudies
import ThimbleTraining

struct ArithmeticCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "arithmetic", abstract: "Add and subtract concepts in the latent space.",
    usage: "thimble arithmetic <generator> [<expression>] [<options>]",
    discussion: """
      A concept is a file of seeds, CONCEPTS/NAME.txt. Pick the seeds by looking at a sheet:

        thimble arithmetic faces.thimble --sheet 0-199 -o sheet.png
        thimble arithmetic faces.thimble "woman - neutral + man" --outdir sum
        thimble arithmetic faces.thimble "right - left" --save turn.safetensors
        thimble arithmetic faces.thimble --along turn.safetensors --seeds 5 -o x.png

      A sum writes concepts.png (one row per term: its samples, then the image of their mean), result.png (the sum in \
      the middle, around it eight neighbours with uniform noise of 0.25), single.png (the sum of the first samples \
      alone, of the second, ...) and pixels.png (the same sum on pixels, as a control). For generators with classes, \
      --class chooses the class that all of these are drawn in.
      """)

  @Argument(help: "A .thimble file or a checkpoint.") var generator: String
  @Argument(help: "Names of concepts with + and - between them.") var expression: String?
  @Option(help: "The folder with the concepts.") var concepts = "concepts"
  @Option(help: "The folder for the pictures.") var outdir = "arithmetic"
  @Option(name: .customLong("class"), help: "The class to draw, for generators with classes.") var chosenClass: Int?
  @Option(help: "A file to save the resulting latent to.") var save: String?
  @Option(help: "Write a sheet of these seeds with their numbers.") var sheet: SeedList?
  @Option(help: "A latent that --save wrote: add it to seeds, in shares from -1 to 1.") var along: String?
  @Option(help: "The seeds that --along moves.") var seeds: SeedList?
  @Option(help: "Images per seed with --along.") var frames = 9
  @Option(name: .shortAndLong, help: "The PNG of --sheet or --along.") var output: String?
  @OptionGroup var compute: ComputeOptions

  func validate() throws {
    guard [expression != nil, sheet != nil, along != nil].count(where: { $0 }) == 1 else {
      throw ValidationError("give exactly one of: an expression, --sheet, --along")
    }
    if (sheet != nil || along != nil) != (output != nil) {
      throw ValidationError("--sheet and --along need -o, and -o needs one of them")
    }
    if (along != nil) != (seeds != nil) { throw ValidationError("--along needs --seeds, and --seeds needs --along") }
    if chosenClass != nil && expression == nil { throw ValidationError("--class needs an expression") }
    if save != nil && expression == nil { throw ValidationError("--save needs an expression") }
    guard (2...100).contains(frames) else { throw ValidationError("--frames takes a number from 2 to 100") }
    if let seeds, seeds.seeds.count * frames > 20_000 {
      throw ValidationError("\(seeds.seeds.count * frames) images are too many: a sheet holds at most 20000")
    }
    if let most = [sheet, seeds].compactMap({ $0?.seeds.count }).max(), most > 2000 {
      throw ValidationError("\(most) seeds are too many: a sheet holds at most 2000")
    }
  }

  func run() throws {
    for written in [output, save] { try refuseSameFile(generator, written) }
    if let along { try refuseSameFile(along, output) }
    try OutputKind.png.check(output)
    try OutputKind.latents.check(save)
    if expression != nil { try OutputKind.refuseFile(asFolder: outdir) }
    var source = try ImageSource(path: generator, compute: compute)
    try source.freeze()
    try ImageWriter(format: .png).check(channels: source.channels, isSheet: true, file: generator)
    if let sheet { return try writeSheet(source, sheet.seeds) }
    if let along { return try writeAlong(source, along, seeds!.seeds) }
    try sum(source, LatentExpression(expression!))
  }

  private func write(_ images: ImageBatch<UInt8>, columns: Int, _ path: String) throws(FileError) {
    let sheet = images.sheet(GridSize(columns: columns, rows: (images.count + columns - 1) / columns))
    try ImageWriter(format: .png).write(sheet, to: path)
  }

  private func writeSheet(_ source: ImageSource, _ seeds: [UInt64]) throws(FileError) {
    let sheet = try NumberedSheet(source.pixels(source.latents(seeds)), seeds: seeds)
    try ImageWriter(format: .png).write(sheet.image, to: output!)
    print("\(output!): \(seeds.count) images")
  }

  private func writeAlong(_ source: ImageSource, _ path: String, _ seeds: [UInt64]) throws {
    let direction = try LatentFile.read(path, length: source.latentLength)
    guard direction.count == 1 else {
      throw FileError(
        .badData, file: path, field: "latents", found: "\(direction.count) rows", wanted: "one",
        advice: "Name a file that --save wrote.")
    }
    let rows = source.latents(seeds)
    var moved = LatentBatch(length: source.latentLength)
    for seed in seeds.indices {
      for frame in 0..<frames {
        let share = 2 * Double(frame) / Double(frames - 1) - 1
        let sum = zip(rows[seed], direction[0]).map { Double(Q3x12.value($0)) + share * Double(Q3x12.value($1)) }
        moved.append(LatentVector.rounded(sum))
      }
    }
    moved = moved.setting(source.latents) { Int(seeds[$0 / frames] % UInt64(source.latents.classes)) }
    try write(source.pixels(moved), columns: frames, output!)
    print("\(output!): \(seeds.count) seeds, \(frames) images each")
  }

  /// A class is not a quantity: its numbers are not added up.
  private func shownClass(_ source: ImageSource) throws(FileError) -> Int {
    guard let chosenClass else {
      if source.latents.classes == 0 { return 0 }
      throw FileError(
        .usage, file: "--class", field: "class", found: "none", wanted: "0 to \(source.latents.classes - 1)",
        advice: "The generator has classes: choose one for the images with --class.")
    }
    try source.check(class: chosenClass)
    return chosenClass
  }

  private func sum(_ source: ImageSource, _ expression: LatentExpression) throws(FileError) {
    let shown = try shownClass(source)
    func classed(_ rows: LatentBatch) -> LatentBatch { rows.setting(source.latents) { _ in shown } }
    func classed(_ sum: [Double]) -> LatentBatch {
      classed(LatentBatch(LatentVector.rounded(sum), length: source.latentLength))
    }
    let terms = try expression.terms.map { term throws(FileError) in
      try Concept(name: term.name, path: "\(concepts)/\(term.name).txt")
    }
    for concept in terms where concept.seeds.count < Concept.fewest {
      tell(
        "\(concept.name): \(concept.seeds.count) seed\(concept.seeds.count == 1 ? "" : "s"); single samples are unstable: "
          + "use \(Concept.fewest) or more")
    }
    let study = ArithmeticStudy(
      expression: expression, rows: terms.map { source.latents($0.seeds) })
    try Folder.create(outdir)
    let columns = study.columns
    var sheet: [UInt8] = []
    for term in terms.indices {
      let pixels = try source.pixels(study.rows[term] + classed(study.means[term])).pixels
      let blanks = (columns + 1) * source.imageByteCount - pixels.count
      sheet += pixels.dropLast(source.imageByteCount) + [UInt8](repeating: 255, count: blanks)
      sheet += pixels.suffix(source.imageByteCount)
    }
    try write(source.batch(sheet), columns: columns + 1, "\(outdir)/concepts.png")
    let neighbourhood = classed(study.neighbourhood)
    try write(source.pixels(neighbourhood), columns: 3, "\(outdir)/result.png")
    try LatentFile.write(neighbourhood, to: "\(outdir)/result.safetensors")
    let singles = try source.pixels(classed(study.singles))
    try write(singles, columns: singles.count, "\(outdir)/single.png")
    let images = try study.rows.map { rows throws(FileError) in try source.pixels(classed(rows)) }
    let controls = study.pixelSums(images)
    try write(controls, columns: controls.count, "\(outdir)/pixels.png")
    if let save { try LatentFile.write(classed(study.sum), to: save) }
    print("\(outdir): concepts.png, result.png, single.png, pixels.png; the nine latents in result.safetensors")
  }
}
