import ArgumentParser
import ThimbleData
import ThimbleStorage
import ThimbleStudies
import ThimbleTraining

struct GuidelineStudy: Study {
  static let configuration = CommandConfiguration(
    commandName: "guidelines",
    abstract: "Test the paper's design rules: break each one alone and compare.",
    usage: "thimble study guidelines --data <data> --outdir <outdir> [<options>]",
    discussion: """
      Trains with pooling; without batch normalisation, or with it everywhere; with dense hidden layers; with ReLU in \
      the discriminator; with momentum 0.9; and with a global pooling head (paper, section 3). Each variant has \
      several seeds and the same number of steps. Writes README.md with a table, curves and grids into --outdir, and \
      each training into a folder of its own. Finished trainings are kept, so the same command continues after an \
      interruption.

        thimble study guidelines --data SET.safetensors --outdir guidelines
      """)

  @OptionGroup var options: StudyOptions
  @Option(help: "Names of guidelines, separated by commas (default: all).") var only: String?
  @OptionGroup var compute: ComputeOptions

  static let heading = GuidelinePage.heading

  func validate() throws { _ = try chosen() }

  private func chosen() throws -> [Guideline] {
    guard let only else { return Guideline.all }
    let names = only.split(separator: ",").map(String.init)
    if names.isEmpty {
      throw ValidationError(
        "--only takes names separated by commas: " + Guideline.all.map(\.name).joined(separator: ", "))
    }
    if let name = names.first(where: { name in !Guideline.all.contains { $0.name == name } }) {
      throw ValidationError(
        "--only: no guideline is named \(name); the names are " + Guideline.all.map(\.name).joined(separator: ", "))
    }
    return Guideline.all.filter { names.contains($0.name) }
  }

  func run() throws {
    let (dataset, base) = try load()
    let guidelines = try chosen()
    try begin(guidelines.map { $0.recipe(base, seed: 1) })
    let (outdir, seeds) = (options.outdir, options.seeds)
    var outcomes: [(guideline: Guideline, runs: [GuidelineOutcome])] = []
    for guideline in guidelines {
      var runs: [GuidelineOutcome] = []
      for seed in 1...seeds {
        let folder = RunFolder(path: "\(outdir)/\(guideline.name)-\(seed)")
        let recipe = guideline.recipe(base, seed: UInt64(seed))
        let divergence = try train(recipe, dataset, folder, "\(guideline.title), seed \(seed)")
        runs.append(try GuidelineOutcome(folder: folder, upTo: options.steps, divergence: divergence))
        if seed == 1, let step = folder.gridSteps.last(where: { $0 <= options.steps }) {
          try copy(folder.gridPath(step: step), to: "\(outdir)/\(guideline.name).png")
        }
      }
      outcomes.append((guideline, runs))
      try write(outcomes, dataset)
    }
    print("\(outdir)/README.md: \(outcomes.count) of \(Guideline.all.count) guidelines, \(seeds) seeds each")
  }

  private func copy(_ path: String, to target: String) throws(FileError) {
    let file = try MappedFile(path: path)
    try unsafe AtomicFile.write(file.bytes, to: target)
  }

  private func write(
    _ outcomes: [(guideline: Guideline, runs: [GuidelineOutcome])], _ dataset: Dataset
  ) throws(FileError) {
    let page = GuidelinePage(
      command: command([("--only", only)]),
      data: "\(dataset.count) images of \(GuidelinePage.plain(dataset.name)), \(dataset.shapeText)",
      steps: options.steps, outcomes: outcomes)
    try ImageFile.write(Array(page.text.utf8), to: pagePath)
    try ImageFile.write(Array(page.curves.utf8), to: "\(options.outdir)/curves.svg")
  }
}
