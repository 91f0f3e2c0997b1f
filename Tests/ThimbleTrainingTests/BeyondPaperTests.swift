import TrainingTestSupport
import Testing
import Thimble
import ThimbleNetworks
import ThimbleStorage
import ThimbleThreads
import ThimbleTraining

/// What recipes may add to the paper: averaged weights and mirrored images.
@Suite struct BeyondPaperTests {
  private let tiny: TinyRun
  private let recipe: Recipe

  init() throws {
    tiny = try TinyRun()
    var recipe = tiny.recipe(.common)
    recipe.generatorAverage = 0.8
    recipe.mirrored = true
    self.recipe = recipe
  }

  /// Catches: an average of other values, with another share, of the parameters before the update, or without its warming up.
  @Test(arguments: [InstructionSet.portable, .detected], [1, 3])
  func averageIsTheStatedRecurrence(set: InstructionSet, threads: Int) {
    let networks = AdversarialNetworks(recipe, workers: Workers(count: threads), kernels: FloatKernels(set))
    networks.initialize()
    var source = BatchSource(tiny.dataset, recipe)
    let generator = networks.generator
    var wanted = [Float](repeating: 0, count: generator.parameterCount)
    for step in 0..<12 {
      source.load(step: step)
      _ = networks.apply(step: step, real: source.real, latents: source.latents)
      // A plain mean up to the fifth update, whose share is 1 - 0.8.
      let share = Float(max(1 - 0.8, 1 / Double(step + 1)))
      for i in wanted.indices {
        wanted[i] = wanted[i].addingProduct(share, generator.parameterValues[i] - wanted[i])
      }
      let differing = wanted.indices.count { wanted[$0] != generator.averageValues![$0] }
      #expect(differing == 0, "after step \(step + 1)")
    }
  }

  /// Catches: averages that a checkpoint lacks, or that restart on resuming.
  @Test func averagesSurviveResuming() throws {
    try tiny.train("whole", recipe, steps: 23, watch: nil)
    try tiny.train("parts", recipe, steps: 9, watch: nil)
    try tiny.copy("parts", to: "resumed")
    try tiny.train("resumed", recipe, steps: 23, resume: true, watch: nil)
    let (whole, resumed) = (tiny.bytes("whole/checkpoint.safetensors"), tiny.bytes("resumed/checkpoint.safetensors"))
    #expect(whole.count > 1000)
    #expect(whole.elementsEqual(resumed))
  }

  /// Catches: a generator that is exported without the average, or with the statistics of the other weights.
  @Test func averagesAreTheGeneratorOfTheCheckpoint() throws {
    try tiny.train("run", recipe, steps: 12, watch: nil)
    let path = tiny.path + "/run/checkpoint.safetensors"
    let (stored, file) = (try StoredGenerator(path: path), try SafetensorsFile(path: path))
    let name = "deconv2.weight"
    let parameter = Parameter.named(name, in: stored.layers)
    let shown = stored.parameters.withUnsafeBufferPointer { parameter.fileValues(from: $0.baseAddress!) }
    #expect(shown == (try file.tensor("average.\(name)", .f32).floats()))
    #expect(shown != (try file.tensor("generator.\(name)", .f32).floats()))
    let network = stored.network(capacity: 4, workers: Workers(count: 1), kernels: FloatKernels(.detected))
    #expect(stored.statistics == network.freeze(stored.latents))
  }

  /// Catches: images that are turned otherwise than left to right, all or none of them, or the same ones in each minibatch.
  @Test func halfOfTheImagesAreMirrored() {
    var plain = recipe
    plain.mirrored = false
    var (straight, mirrored) = (BatchSource(tiny.dataset, plain), BatchSource(tiny.dataset, recipe))
    var choices: [[Bool]] = []
    for step in 0..<8 {
      straight.load(step: step)
      mirrored.load(step: step)
      #expect(straight.latents == mirrored.latents)
      choices.append(
        (0..<16).map { image in
          let (a, b) = (image * 256..<(image + 1) * 256, mirrored.real)
          let turned = (0..<16).flatMap { row in straight.real[a][(a.lowerBound + row * 16)...].prefix(16).reversed() }
          let isTurned = b[a].elementsEqual(turned)
          #expect(isTurned != b[a].elementsEqual(straight.real[a]))
          return isTurned
        })
    }
    let count = choices.joined().count { $0 }
    #expect((40...88).contains(count), "\(count) of 128")
    #expect(Set(choices).count == 8)
  }
}

extension Parameter {
  fileprivate static func named(_ name: String, in layers: [LayerSpecification]) -> Parameter {
    let network = Network(
      layers, capacity: 1, batchNormEpsilon: 1e-5, trained: false,
      ComputeContext(workspace: Workspace(), workers: Workers(count: 1), kernels: FloatKernels(.portable)))
    return network.parameters.first { $0.name == name }!
  }
}
